import { inspect } from 'node:util';
import type fc from 'fast-check';

const { RUNS, SEED, PATH_ } = process.env;

/** For random tests: a failure says by which seed and path it is repeated; RUNS says how many there are. */
export function replayable<T>(): fc.Parameters<T> {
  return {
    numRuns: Number(RUNS ?? 25),
    ...(SEED !== undefined && { seed: Number(SEED) }),
    ...(PATH_ !== undefined && { path: PATH_ }),
    reporter: (run) => {
      if (run.failed)
        throw new Error(`SEED=${run.seed} PATH_=${run.counterexamplePath}: ${inspect(run.counterexample, { depth: 6 })}`, {
          cause: run.errorInstance,
        });
    },
  };
}
