import { defineConfig } from 'vitest/config';

/** The tests of `scripts/`; each package has its own configuration. */
export default defineConfig({
  test: {
    include: ['scripts/test/**/*.test.mjs'],
    reporters: ['default', 'json'],
    outputFile: { json: '.results/scripts.json' },
  },
});
