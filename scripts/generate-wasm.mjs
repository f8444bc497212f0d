#!/usr/bin/env node
// Puts a crate, compiled to Wasm for npm, into `generated/` of the package that is run in, where its `src/` and, once bundled, its `dist/` find
// it. Usage, in the package's folder: node ../../scripts/generate-wasm.mjs <crate-folder>
import fs from 'node:fs';
import path from 'node:path';
import { artifactsDir } from './lib/paths.mjs';
import { runMain, UserError } from './lib/user-error.mjs';
import { buildArtifact } from './lib/wasm-artifacts.mjs';

await runMain(async () => {
  const [crate] = process.argv.slice(2);
  if (!crate) throw new UserError('Usage: node ../../scripts/generate-wasm.mjs <crate-folder>');
  await buildArtifact({ crate, panic: 'abort', variants: ['web'], features: [], as: crate }, console.log);
  const built = path.join(artifactsDir, crate, 'abort', 'web');
  const base = `wasm_revive_${crate.replaceAll('-', '_')}`;
  const generated = path.resolve('generated');
  fs.mkdirSync(generated, { recursive: true });
  for (const [from, to] of [
    [`${base}.js`, `${crate}.js`],
    [`${base}.d.ts`, `${crate}.d.ts`],
    [`${base}_bg.wasm`, `${crate}.wasm`],
  ]) {
    fs.copyFileSync(path.join(built, from), path.join(generated, to));
  }
});
