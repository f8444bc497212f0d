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
  /** How many steps to make at least, however long that takes. */
  readonly steps?: number;
  /** Which of the seed's schedules went wrong, to repeat that one; with those before it where it takes them. */
  readonly path?: string;
  /** What to leave out: see `schedules`; and `memory`, to leave out what is looked at between batches. */
  readonly without?: readonly string[];
  /** How long a schedule that goes wrong is made smaller, in milliseconds. */
  readonly simplifyMs?: number;
  /** After how many failures the module is made wrong, to see that it is noticed. */
  readonly spoiltAfter?: number;
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
  /** The shrunk schedules, as JavaScript. */
  readonly schedule: string;
}

/** How many of them there are. */
export type Left = Readonly<Record<keyof typeof LIMITS.left, number>>;

/** Where schedules run. */
export interface Site {
  readonly probe: Probe;
  /** A module that no other schedule has run on. */
  readonly fresh: () => Promise<World>;
  readonly collect: () => Promise<void>;
  /** What is left of all schedules, by what it is called. */
  readonly left: () => Left;
  /** Milliseconds, by the machine's clock, which is not the schedules'. */
  readonly now: () => number;
}

/** See the file. */
export async function runSchedules(site: Site, wanted: Wanted): Promise<Ran> {
  const { seed, path } = wanted;
  const ran = (violation?: Violation): Ran => ({ ...made, violation });
  if (path !== undefined) {
    const smallest = await repeat(site, wanted, Number(path));
    return ran(smallest && { ...smallest, seed, path });
  }
  const until = site.now() + wanted.ms;
  const heap = new Heap();
  // One for all, so that each schedule inherits what the ones before it have left.
  const world = await site.fresh();
  for (let first = 0; ; first += LIMITS.schedulesInBatch) {
    for (const [index, schedule] of draw(wanted, first, LIMITS.schedulesInBatch).entries()) {
      const what = await runOn(site, world, schedule);
      if (what.length === 0) continue;
      const { schedules, steps } = made;
      const smallest = (await repeat(site, wanted, first + index)) ?? {
        what: [...what, '(This did not happen again when the same schedules ran on another copy of the module.)'],
        schedule: toJavaScript(schedule),
      };
      return { schedules, steps, violation: { ...smallest, seed, path: String(first + index) } };
    }
    await site.collect();
    const flat = wanted.without?.includes('memory') ? undefined : (tooMany(site.left()) ?? heap.grown());
    if (flat !== undefined) return ran({ what: [flat], seed, path: '', schedule: `(the first ${made.schedules} of this seed)` });
    if (site.now() > until && made.steps >= (wanted.steps ?? 0)) return ran();
  }
}

/** What is too many of what is left, if anything is. */
function tooMany(left: Left): string | undefined {
  const found = (Object.keys(left) as (keyof Left)[]).find((what) => left[what] > LIMITS.left[what]);
  return found && `I6: ${left[found]} ${found} are left when all schedules have ended`;
}

/** Some of a seed's schedules. */
function draw({ seed, without }: Wanted, first: number, count: number): Schedule[] {
  return fc.sample(schedules(new Set(without)), { seed, path: String(first), numRuns: count });
}

async function runOn({ probe }: Site, world: World, schedule: Schedule): Promise<string[]> {
  const violations = await runSchedule(world, schedule);
  return [...violations, ...probe.takeViolations().map((what) => `I3: ${what}`)];
}

/** Repeats what a seed's schedule does wrong, after as few of those before it as it takes, and makes it as small as it gets. */
async function repeat(site: Site, wanted: Wanted, last: number): Promise<Pick<Violation, 'what' | 'schedule'> | undefined> {
  let what: readonly string[] = [];
  const goesWrong = async (several: readonly Schedule[]): Promise<boolean> => {
    const world = await site.fresh();
    for (const schedule of several) {
      const violations = await runOn(site, world, schedule);
      if (violations.length === 0) continue;
      what = violations;
      return true;
    }
    return false;
  };
  for (let count = 1; ; count *= 4) {
    const first = Math.max(0, last + 1 - count);
    const several = draw(wanted, first, last + 1 - first);
    if (await goesWrong(several)) {
      const smallest = await simplify(several, goesWrong, wanted.simplifyMs ?? LIMITS.simplifyMs, site.now);
      return { what, schedule: smallest.map(toJavaScript).join('\n// The next schedule, on the same module:\n') };
    }
    if (first === 0) return undefined;
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
