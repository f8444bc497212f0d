import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

// Neither cleans the folder of both, which the script `prebuild` does.
export default defineConfig([
  // Two programs: the command, and the process that each variant of the table runs in. Files stay as they are: some read what lies beside them.
  {
    ...library,
    entry: ['src/main.ts', 'src/picture.ts', 'src/table/worker.ts'],
    platform: 'node',
    dts: false,
    unbundle: true,
    clean: false,
  },
  {
    ...library,
    entry: ['src/page/page.tsx'],
    outDir: 'dist/page',
    platform: 'browser',
    dts: false,
    clean: false,
    minify: true,
    // The page has all that it needs.
    deps: { alwaysBundle: [/./], onlyBundle: ['preact', 'uplot'] },
    copy: ['src/page/index.html', 'src/page/*.css', '../../node_modules/uplot/dist/uPlot.min.css'],
  },
]);
