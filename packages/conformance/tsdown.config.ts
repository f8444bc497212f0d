import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

// Loaded in runtimes that find no packages.
const deps = { onlyBundle: ['@cfworker/json-schema'], neverBundle: ['fast-check', 'miniflare', 'puppeteer-core', 'wasm-revive/transform'] };

// What the tests start in other runtimes, which don't take TypeScript: Node 20, workerd, browsers.
export default defineConfig([
  {
    ...library,
    entry: [
      'src/hosts/node-child.ts',
      'src/hosts/defect-child.ts',
      'src/hosts/behaviour-child.ts',
      'src/hosts/init-child.ts',
      'src/hosts/every-moment.ts',
      'src/hosts/load-child.ts',
      'src/hosts/raw-child.ts',
      'src/hosts/schedules-child.ts',
      'src/hosts/mutants-child.ts',
      'src/hosts/mutant-worker.ts',
    ],
    platform: 'node',
    dts: false,
    deps,
  },
  { ...library, entry: ['src/hosts/worker.ts'], platform: 'neutral', dts: false, clean: false, deps },
  // As deep as its source, by which it finds the repository.
  {
    ...library,
    entry: ['src/drive/soak.ts', 'src/drive/faults.ts'],
    platform: 'node',
    outDir: 'dist/drive',
    dts: false,
    clean: false,
    deps,
  },
  { ...library, entry: ['src/hosts/browser.ts'], platform: 'browser', dts: false, clean: false, deps },
]);
