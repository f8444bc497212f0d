#!/usr/bin/env node
// The second half of `npm run version`: changesets has raised the npm packages, now the crates follow.
import { writeCrateVersions } from './lib/crate-versions.mjs';
import { hostRust } from './lib/host-rust.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { runMain } from './lib/user-error.mjs';

await runMain(async () => {
  const changed = writeCrateVersions(root);
  for (const file of changed) console.log(`wrote ${file}`);
  if (changed.length > 0) await run(hostRust().cargo, ['update', '--workspace', '--offline'], { cwd: root });
});
