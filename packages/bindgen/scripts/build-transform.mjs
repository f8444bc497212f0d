#!/usr/bin/env node
// Puts the compiled `crates/transform` into `generated/`, where `src/wasm-info.ts` and, once bundled, `dist/` find it.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { artifactsDir } from '../../../scripts/lib/paths.mjs';
import { runMain } from '../../../scripts/lib/user-error.mjs';
import { buildArtifact } from '../../../scripts/lib/wasm-artifacts.mjs';

const BASE = 'wasm_revive_transform';

await runMain(async () => {
  await buildArtifact({ crate: 'transform', panic: 'abort', variants: ['web'], features: [], as: 'transform' }, console.log);
  const built = path.join(artifactsDir, 'transform', 'abort', 'web');
  const generated = fileURLToPath(new URL('../generated/', import.meta.url));
  fs.mkdirSync(generated, { recursive: true });
  for (const [from, to] of [
    [`${BASE}.js`, 'transform.js'],
    [`${BASE}.d.ts`, 'transform.d.ts'],
    [`${BASE}_bg.wasm`, 'transform.wasm'],
  ]) {
    fs.copyFileSync(path.join(built, from), path.join(generated, to));
  }
});
