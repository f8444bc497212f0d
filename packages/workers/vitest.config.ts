import { packageTests } from '../../vitest.shared.ts';

// The real worker-build compiles for some minutes.
export default packageTests({ test: { hookTimeout: process.env.WASM_REVIVE_WORKER_BUILD === undefined ? 60_000 : 900_000 } });
