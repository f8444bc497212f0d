/** Random programs of which the calls are run again, against the plain model in `src/schedules/retried.ts`. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, inject, it } from 'vitest';
import { putFault } from '../src/drive/put-fault.ts';
import { RETRY_FAULT } from '../src/faults/manager-faults.ts';
import { freshPackage } from '../src/hosts/node.ts';
import { nameOf } from '../src/invariants.ts';
import { type Program, programs, runProgram } from '../src/schedules/retried.ts';

const seed = Number(process.env.CONFORMANCE_SEED ?? 1);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs programs on a package until one goes wrong, and says which. */
async function check(dir: string): Promise<string | undefined> {
  const ns = await freshPackage(dir, 'nodejs');
  let wrong: string | undefined;
  const goesWell = async (program: Program): Promise<boolean> => {
    const found = await runProgram(ns, turn, program);
    if (found !== undefined) wrong = found;
    return found === undefined;
  };
  const { counterexample } = await fc.check(fc.asyncProperty(programs, goesWell), { seed, numRuns: 30 });
  return counterexample === null ? undefined : `${wrong}: ${fc.stringify(counterexample)}`;
}

it.each(['abort', 'unwind'])(
  `${nameOf('I5')}: calls that are run again settle once, as the model says (panic=%s, seed ${seed})`,
  async (panic) => {
    expect(await check(join(inject('transformed'), panic, 'nodejs'))).toBeUndefined();
  },
);

it(`finds: ${RETRY_FAULT.name}`, async () => {
  const dir = join(inject('transformed'), 'faults/retried');
  cpSync(join(inject('transformed'), 'unwind/nodejs'), dir, { recursive: true });
  putFault(dir, RETRY_FAULT);
  expect(await check(dir)).toMatch(/^a call/);
  rmSync(dir, { recursive: true });
});
