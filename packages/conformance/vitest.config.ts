import { availableParallelism } from 'node:os';
import { packageTests } from '../../vitest.shared.ts';

export default packageTests({
  test: {
    include: ['corpus/test/**/*.test.mjs'],
    globalSetup: ['src/drive/transform-fixtures.ts'],
    // Most tests start processes; a busy machine takes its time over that.
    testTimeout: 120_000,
    // Each waits for one process most of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
