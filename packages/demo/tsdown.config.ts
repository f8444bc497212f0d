import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

// Two entries: the program, and the process that each variant runs in.
export default defineConfig({ ...library, entry: ['src/main.ts', 'src/worker.ts'], platform: 'node', dts: false });
