#!/usr/bin/env node
// Fails when an npm package and the crate it is matched with don't have the same version, or ask for a version of another pair that isn't
// beside them. `npm run version` keeps them so.
import { root } from './lib/paths.mjs';
import { runMain, UserError } from './lib/user-error.mjs';
import { pairs, versionProblems } from './lib/version-rules.mjs';

await runMain(async () => {
  const problems = versionProblems(root);
  if (problems.length > 0) {
    throw new UserError(
      `The versions don't match:\n${problems.map((text) => `  - ${text}`).join('\n')}\n\`npm run version\` sets those of the crates.`,
    );
  }
  for (const { npm, crate } of pairs(root)) console.log(`${npm.manifest.name} ${npm.manifest.version} = ${crate.name} ${crate.version}`);
});
