import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config';

/**
 * The test set-up of every package: tests live in `test/`, and each run leaves its counts in `.results/vitest.json`,
 * which `npm test` sums (the task cache brings the file back when a package's tests need not run again).
 */
export function packageTests(own: ViteUserConfig = {}): ViteUserConfig {
  const shared = defineConfig({
    test: {
      include: ['test/**/*.test.ts'],
      // Some start processes, or take gigabytes: on a busy machine that takes its time.
      testTimeout: 30_000,
      reporters: ['default', 'json'],
      outputFile: { json: '.results/vitest.json' },
    },
  });
  return mergeConfig(shared, own);
}
