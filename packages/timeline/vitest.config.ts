import { packageTests } from '../../vitest.shared.ts';
import { programPlugin } from './program-plugin.ts';

export default packageTests({ plugins: [programPlugin()] });
