/** Runs random schedules on one package, batch by batch, until time is up or something is wrong. */
import fc from 'fast-check';
import type { Probe } from '../runner/probe.ts';
import { schedules } from './arbitrary.ts';
import { made, runSchedule } from './driver.ts';
import { LIMITS } from './limits.ts';
import { toJavaScript } from './print.ts';
import { simplify } from './simplify.ts';
import type { Schedule } from './steps.ts';
import type { World } from './world.ts';

/** What to run. */
export interface Wanted {
  readonly seed: number;
  /** For how long, in milliseconds. */
  readonly ms: number;
  /** fast-check's path to one schedule, to repeat that alone. */
  readonly path?: string;
  /** What to leave out: see `schedules`; and `memory`, to leave out what is looked at between batches. */
  readonly without?: readonly string[];
  /** Whether the module is made wrong, to see that it is noticed. */
  readonly spoilt?: boolean;
}

/** What came of it. */
export interface Ran {
  readonly schedules: number;
  readonly steps: number;
  /** Undefined: nothing was wrong. */
  readonly violation: Violation | undefined;
}

/** Something that is not as it has to be. */
export interface Violation {
  readonly what: readonly string[];
  readonly seed: number;
  readonly path: string;
  /** The shrunk schedule, as JavaScript. */
  readonly schedule: string;
}

/** Where schedules run. */
export interface Site {
  readonly probe: Probe;
  /** A module that no other schedule has run on, where that can be had. */
  readonly fresh: () => Promise<World>;
  readonly collect: () => Promise<void>;
}

/** See the file. */
export async function runSchedules(site: Site, wanted: Wanted): Promise<Ran> {
  const arbitrary = schedules(new Set(wanted.without));
  const until = performance.now() + wanted.ms;
  const heap = new Heap();
  // One for all, so that each schedule inherits what the ones before it have left, until one goes wrong: shrinking it must not.
  let shared: World | undefined = await site.fresh();
  const ran = (violation?: Violation): Ran => ({ ...made, violation });
  const attempt = async (schedule: Schedule): Promise<string[]> => {
    const violations = await runSchedule(shared ?? (await site.fresh()), schedule);
    return [...violations, ...site.probe.takeViolations().map((what) => `I3: ${what}`)];
  };
  for (let seed = wanted.seed; ; seed++) {
    const result = await fc.check(
      fc.asyncProperty(arbitrary, async (schedule) => {
        const violations = await attempt(schedule);
        if (violations.length === 0) return;
        shared = undefined;
        throw new Error(violations.join('\n'));
      }),
      {
        seed,
        numRuns: LIMITS.schedulesInBatch,
        endOnFailure: true,
        ...(wanted.path !== undefined && { path: wanted.path }),
      },
    );
    if (result.failed && result.counterexample) {
      let what = result.errorInstance instanceof Error ? result.errorInstance.message.split('\n') : [String(result.errorInstance)];
      const goesWrong = async (simpler: Schedule): Promise<boolean> => {
        const violations = await attempt(simpler);
        if (violations.length > 0) what = violations;
        return violations.length > 0;
      };
      const smallest = await simplify(result.counterexample[0], goesWrong);
      return ran({ what, seed, path: result.counterexamplePath ?? '', schedule: toJavaScript(smallest) });
    }
    await site.collect();
    const memories = wanted.without?.includes('memory') ? 0 : site.probe.liveMemories();
    const flat = memories > LIMITS.liveMemories ? `I6: ${memories} memories are alive when all schedules have ended` : heap.grown();
    if (flat !== undefined) return ran({ what: [flat], seed, path: '', schedule: `(all ${LIMITS.schedulesInBatch} of this seed)` });
    if (performance.now() > until || wanted.path !== undefined) return ran();
  }
}

/** JavaScript's heap, between batches. */
class Heap {
  #batches = 0;
  #before = 0;

  /** What is wrong with it, if anything is. The first batches warm up the engine. */
  grown(): string | undefined {
    const { heapUsed } = process.memoryUsage();
    this.#batches++;
    if (this.#batches <= 3) this.#before = heapUsed;
    const schedules = (this.#batches - 3) * LIMITS.schedulesInBatch;
    const bytes = heapUsed - this.#before;
    const allowed = LIMITS.heapBytes * Math.max(1, schedules / 1_000);
    return bytes > allowed
      ? `I6: ${Math.round(bytes / 2 ** 20)} MiB of JavaScript's heap stay behind after ${schedules} schedules`
      : undefined;
  }
}
