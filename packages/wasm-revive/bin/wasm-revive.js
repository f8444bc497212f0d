#!/usr/bin/env node
// Not built, so that npm, which links it before anything is built, finds it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

try {
  await import('../dist/cli.js');
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const isCheckout = existsSync(fileURLToPath(new URL('../src/cli.ts', import.meta.url)));
  const help = isCheckout
    ? 'it has not been built. Run `npm run setup` and `npm run build`'
    : 'its installation is not whole. Install wasm-revive again';
  console.error(`wasm-revive can't start: ${help}. (${error.message})`);
  process.exitCode = 1;
}
