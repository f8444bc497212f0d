import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

// The program, and the processes that a variant is measured in.
export default defineConfig({
  ...library,
  entry: [
    'src/main.ts',
    'src/call-worker.ts',
    'src/recovery-worker.ts',
    'src/load-worker.ts',
    'src/rollback-worker.ts',
    'src/workers/clients.ts',
  ],
  platform: 'node',
  dts: false,
});
