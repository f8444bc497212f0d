#!/usr/bin/env node
// Not built, so that npm, which links it before anything is built, finds it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

try {
  await import('../dist/cli.js');
} catch (error) {
  const isCheckout = error?.code === 'ERR_MODULE_NOT_FOUND' && existsSync(fileURLToPath(new URL('../src/cli.ts', import.meta.url)));
  const help = isCheckout
    ? 'it has not been built. Run `npm run setup` and `npm run build`'
    : `its installation is not whole, or Node.js ${process.versions.node} is too old. Install wasm-revive again, for Node.js 20.19, 22.12 or later`;
  console.error(`wasm-revive can't start: ${help}. (${error?.message ?? error})`);
  if (process.env.WASM_REVIVE_DEBUG) console.error(error);
  process.exitCode = 1;
}
