import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';
import { programPlugin } from './program-plugin.ts';

export default defineConfig([
  { ...library, clean: false, entry: ['src/index.ts', 'src/html.ts'], platform: 'neutral', plugins: [programPlugin()] },
  { ...library, clean: false, entry: 'src/terminal.ts', platform: 'node' },
]);
