/** The process in which turns are measured with rollback and without, in turn, and what their end costs. */
import { readFileSync } from 'node:fs';
import { answer } from './worker-process.ts';
import { loadWorkloads, type Workload } from './workloads.ts';

/** What is measured. Times are in microseconds. */
export type RollbackRequest = TurnsRequest | EndRequest | AbortRequest;

/** Turns of a workload, in two packages. Gives {@link TurnsAnswer}. */
interface TurnsRequest {
  readonly do: 'turns';
  readonly plain: string;
  readonly rollback: string;
  readonly workload: Workload;
  readonly size: number;
  readonly warmUpMs: number;
  readonly ms: number;
}

/** Of each round, what a turn took. */
export interface TurnsAnswer {
  readonly plain: readonly number[];
  readonly rollback: readonly number[];
}

/** Commits and rollbacks of turns that have written to so many granules. Gives {@link EndAnswer}. */
interface EndRequest {
  readonly do: 'end';
  /** The wasm file. */
  readonly wasm: string;
  readonly granules: number;
  readonly mebibytes: number;
  readonly turns: number;
}

/** What each took. What it takes to look at the clock has been taken off. */
export interface EndAnswer {
  readonly commit: readonly number[];
  readonly rollBack: readonly number[];
}

/** Calls that write to so many granules and abort. Gives {@link AbortAnswer}. */
interface AbortRequest {
  readonly do: 'abort';
  readonly file: string;
  readonly granules: number;
  readonly aborts: number;
}

/** What each took: until its caller has the error, and the next call. */
export interface AbortAnswer {
  readonly failing: readonly number[];
  readonly next: readonly number[];
}

answer<RollbackRequest>((request) => {
  switch (request.do) {
    case 'turns':
      return measureTurns(request);
    case 'end':
      return measureEnd(request);
    case 'abort':
      return measureAborts(request);
  }
});

/** Short turns are measured several at once, so long at least. */
const ROUND_MS = 0.5;

function measureTurns({ plain, rollback, workload, size, warmUpMs, ms }: TurnsRequest): TurnsAnswer {
  const sides = [plain, rollback].map((file) => ({ run: loadWorkloads(file)[workload], us: [] as number[] }));
  let seed = 0;
  const round = (turns: number, order: readonly number[]): void => {
    const sums = sides.map(() => 0);
    for (const nth of order) {
      const side = sides[nth] as (typeof sides)[number];
      const began = performance.now();
      for (let turn = 0; turn < turns; turn++) sums[nth] = ((sums[nth] ?? 0) * 31 + side.run(seed + turn, size)) | 0;
      side.us.push(((performance.now() - began) * 1000) / turns);
    }
    seed += turns;
    if (sums[0] !== sums[1]) throw new Error(`${workload} gives something else with rollback.`);
  };
  for (const end = performance.now() + warmUpMs; performance.now() < end; ) round(1, [0, 1]);
  const last = Math.min(...sides.map(({ us }) => us.at(-1) ?? 1));
  const turns = Math.max(1, Math.ceil((ROUND_MS * 1000) / last));
  for (const side of sides) side.us.length = 0;
  let nth = 0;
  // Whoever is measured first in a round has the caches of the other one.
  for (const end = performance.now() + ms; performance.now() < end || nth < 4; nth++) round(turns, nth % 2 === 0 ? [0, 1] : [1, 0]);
  const [first, second] = sides.map(({ us }) => us);
  return { plain: first ?? [], rollback: second ?? [] };
}

/** In MiB. */
const HELD_AT_ONCE = 16;

function measureEnd({ wasm, granules, mebibytes, turns }: EndRequest): EndAnswer {
  const exports = instantiate(wasm) as Record<'__wasm_revive_commit' | '__wasm_revive_rollback', () => void> &
    Record<'hold' | 'touch', (...args: number[]) => void>;
  const { hold, touch, __wasm_revive_commit: commit, __wasm_revive_rollback: rollBack } = exports;
  // Not at once: a turn can change half of what there may be at most.
  for (let held = 0; held < mebibytes; held += HELD_AT_ONCE) {
    hold(Math.min(mebibytes, HELD_AT_ONCE));
    commit();
  }
  const times = { commit: [] as number[], rollBack: [] as number[], clock: [] as number[] };
  const time = (into: number[], run: () => void): void => {
    const began = performance.now();
    run();
    into.push((performance.now() - began) * 1000);
  };
  for (let turn = 0; turn < turns; turn++) {
    touch(granules, turn);
    time(times.commit, commit);
    touch(granules, turn + 1);
    time(times.rollBack, rollBack);
    time(times.clock, () => {});
  }
  const clock = times.clock.sort((a, b) => a - b)[turns >> 1] ?? 0;
  const less = (values: readonly number[]): number[] => values.map((value) => value - clock);
  return { commit: less(times.commit), rollBack: less(times.rollBack) };
}

/** Without glue: its functions end turns by themselves. What is measured here calls no import. */
function instantiate(wasm: string): WebAssembly.Exports {
  const module = new WebAssembly.Module(readFileSync(wasm));
  const imports: Record<string, Record<string, () => void>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {};
  }
  return new WebAssembly.Instance(module, imports).exports;
}

function measureAborts({ file, granules, aborts }: AbortRequest): AbortAnswer {
  const module = loadWorkloads(file);
  const times = { failing: [] as number[], next: [] as number[] };
  for (let nth = 0; nth < aborts; nth++) {
    // With upstream's reset, what was held is gone.
    if (nth === 0 || module.__wbg_reset_state !== undefined) module.hold(1);
    const began = performance.now();
    try {
      module.touch_and_abort(granules, nth);
      throw new Error('touch_and_abort() returned.');
    } catch (error) {
      if (error instanceof Error && error.message.includes('returned')) throw error;
      module.__wbg_reset_state?.();
    }
    const failed = performance.now();
    module.sort(nth, 1);
    times.next.push((performance.now() - failed) * 1000);
    times.failing.push((failed - began) * 1000);
  }
  return times;
}
