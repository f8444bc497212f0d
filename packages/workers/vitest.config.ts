import { packageTests } from '../../vitest.shared.ts';

export default packageTests({
  test: {
    // The real worker-build compiles for some minutes.
    hookTimeout: process.env.WASM_REVIVE_WORKER_BUILD === undefined ? 60_000 : 900_000,
    // Whatever is polled here is an event that comes, on a busy machine as well.
    expect: { poll: { timeout: 20_000 } },
  },
});
