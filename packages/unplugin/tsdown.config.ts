import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

const BUNDLERS = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild'];

export default defineConfig({ ...library, entry: BUNDLERS.map((name) => `src/${name}.ts`), platform: 'node' });
