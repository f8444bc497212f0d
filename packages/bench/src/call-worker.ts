/** The process in which one variant's calls of one kind are measured: nothing else shares what V8 has learnt there. */
import { abortInstance, type Fixture, loadFixture, siblingOf } from './fixture.ts';
import { type Loop, ROWS, type RowName } from './rows.ts';
import type { Recoveries, Through } from './variants.ts';
import { answer } from './worker-process.ts';

/** What the worker is asked: first to prepare, then to measure. */
export type CallRequest =
  | {
      readonly do: 'prepare';
      readonly file: string;
      readonly row: RowName;
      readonly recoveries: Recoveries;
      readonly through: Through;
      readonly resetByHand: boolean;
      readonly warmUpMs: number;
      readonly roundMs: number;
    }
  | { readonly do: 'measure' };

let loop: Loop = () => {};
let roundCalls = 0;

answer<CallRequest>(async (request) => {
  if (request.do === 'measure') return measure();
  const loaded = loadFixture(request.file);
  const fixture = request.through === 'sibling' ? siblingOf(loaded) : loaded;
  if (request.through === 'pool') loaded.__revive?.configure({ pool: { min: 2, max: 2 } });
  for (let recovery = 0; recovery < request.recoveries; recovery++) {
    // As in a program that had been running for a while when it failed, twice.
    loop = ROWS[request.row].loop(fixture);
    if (recovery < 2) warmUp(request.warmUpMs / 3);
    abortInstance(fixture, request.resetByHand);
    await new Promise((resolve) => setImmediate(resolve));
    // Note: upstream resets in this call. A first call with a string would write it into the dead instance, before the guard.
    fixture.empty();
  }
  loop = ROWS[request.row].loop(fixture);
  checkRecoveries(loaded, request.recoveries);
  roundCalls = Math.ceil(warmUp(request.warmUpMs) * request.roundMs);
  return 0;
});

/** Nanoseconds a call. */
function measure(): number {
  // Others had the processor since: first warm its caches again.
  loop(Math.ceil(roundCalls / 10));
  const began = performance.now();
  loop(roundCalls);
  return ((performance.now() - began) * 1e6) / roundCalls;
}

/** Gives the calls a millisecond in the second half, when optimized code is there. */
function warmUp(ms: number): number {
  // Many short runs: one long one would leave the loop in code that was compiled for it alone (on-stack replacement).
  const run = (until: number): number => {
    let calls = 0;
    for (let count = 100; performance.now() < until; count = Math.min(count * 2, 20_000)) {
      loop(count);
      calls += count;
    }
    return calls;
  };
  run(performance.now() + ms / 2);
  const began = performance.now();
  const calls = run(began + ms / 2);
  return calls / (performance.now() - began);
}

function checkRecoveries({ __revive }: Fixture, expected: number): void {
  const recoveries = __revive?.stats.recoveries ?? expected;
  if (recoveries !== expected) throw new Error(`It has recovered ${recoveries} times, not ${expected}.`);
}
