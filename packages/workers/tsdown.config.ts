import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

const ours = /^@wasm-revive\//;

export default defineConfig([
  {
    ...library,
    clean: false,
    entry: 'src/index.ts',
    platform: 'neutral',
    // The build puts this file beside transformed packages, which must be bundled without an install.
    deps: { alwaysBundle: [ours], onlyBundle: [ours], neverBundle: ['cloudflare:workers'] },
    outputOptions: { comments: false },
  },
  { ...library, clean: false, entry: { build: 'src/build/index.ts' }, platform: 'node' },
]);
