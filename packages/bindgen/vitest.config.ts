import { packageTests } from '../../vitest.shared.ts';

// Many tests transform a package, and load it in a process of its own; a busy machine takes its time over that.
export default packageTests({ test: { testTimeout: 30_000 } });
