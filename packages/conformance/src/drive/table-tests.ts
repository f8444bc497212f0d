/** One test a row: listed without running anything; the first of a run starts it, in the runtime under test. */
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { type InvariantId, nameOf } from '../invariants.ts';
import type { CheckResult } from '../runner/checks.ts';
import type { RowResult } from '../runner/run.ts';
import type { NodeRun } from './run-in-node.ts';
import { folderOf, listOf, placeOf, RUNS } from './runs.ts';

/** Declares the tests of the runs that belong to a file of `test/table`. */
export function tableTests(file: string): void {
  for (const run of RUNS.filter((run) => run.file === file)) {
    const { runtime, target, panic } = run;
    if (runtime.missing !== undefined) {
      if (process.env.CI !== undefined) throw new Error(runtime.missing);
      it.skip(`${placeOf(run)}: ${runtime.missing}`);
      continue;
    }
    const list = listOf(run);
    const ids = list.map(({ id }) => id);
    declareTests(list, placeOf(run), () => runtime.run(join(inject('transformed'), folderOf(run)), target, panic, ids));
  }
}

/** Declares one test for each of `list`; the first of them starts the run whose results all of them read. */
export function declareTests(
  list: readonly { id: string; invariants: readonly InvariantId[] }[],
  place: string,
  start: () => Promise<NodeRun>,
): void {
  let run: Promise<Told> | undefined;
  const told = (): Promise<Told> => {
    run ??= start().then(byId);
    return run;
  };
  for (const { id, invariants } of list) {
    it(`${invariants.map(nameOf).join(', ')} › ${id} › ${place}`, { timeout: 300_000 }, async () => {
      const { results, ended } = await told();
      const result = results.get(id);
      if (result === undefined) expect.fail(`not run: ${ended ?? 'the runner left it out'}`);
      expect(failing(result.checks)).toBe('');
      expect(result.checks.length).toBeGreaterThan(0);
    });
  }
}

interface Told {
  readonly results: ReadonlyMap<string, RowResult>;
  readonly ended: string | undefined;
}

function byId({ results, ended }: NodeRun): Told {
  return { results: new Map(results.map((result) => [result.id, result])), ended };
}

/** The failing checks, one a line. */
export function failing(checks: readonly CheckResult[]): string {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ invariant, name, detail }) => `${nameOf(invariant)}: ${name}: ${detail}`)
    .join('\n');
}
