import { packageTests } from '../../vitest.shared.ts';

export default packageTests({ test: { globalSetup: ['src/drive/transform-fixtures.ts'] } });
