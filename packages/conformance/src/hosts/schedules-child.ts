/**
 * Runs random schedules on one package in this process, and writes what came of it as JSON.
 * Arguments: the package's folder, its target, its panic mode, and what to run, as JSON (`Wanted`).
 */
import type { Fixtures } from '../runner/fixtures.ts';
import type { PanicMode } from '../runner/kinds.ts';
import { installProbe } from '../runner/probe.ts';
import { collect } from '../runner/scenarios/scenario.ts';
import { installClock } from '../schedules/clock.ts';
import { countRegistrations } from '../schedules/count-registrations.ts';
import { runSchedules, type Wanted } from '../schedules/run.ts';
import { World } from '../schedules/world.ts';
import { freshPackage, nodeRuntime, type Target } from './node.ts';

const [dir = '', target = '', panic = '', what = ''] = process.argv.slice(2);
const wanted = JSON.parse(what) as Wanted;
const probe = installProbe();
const clock = installClock();
const registrations = countRegistrations();
Object.assign(globalThis, { host: { tick: (n: number) => n, note() {}, mayThrow: (value: unknown) => value, name: 'node' } });
const runtime = nodeRuntime();
const ran = await runSchedules(
  {
    probe,
    fresh: async () => {
      const ns = await freshPackage(dir, target as Target);
      return new World(spoil(ns, wanted.spoiltAfter ?? Number.POSITIVE_INFINITY), panic as PanicMode, runtime, clock);
    },
    collect: () => collect({ runtime }),
    left: () => ({ memories: probe.liveMemories(), registrations: registrations(), timers: clock.waiting() }),
    now: clock.machine,
  },
  wanted,
);
process.stdout.write(JSON.stringify(ran));

/** The package, with a count that is off by one after so many failures. */
function spoil(ns: Fixtures, after: number): Fixtures {
  if (after === Number.POSITIVE_INFINITY) return ns;
  const count = (): number => ns.count() + (ns.__revive.stats.failures > after ? 1 : 0);
  return Object.create(ns, { count: { value: count }, __revive: { value: ns.__revive } }) as Fixtures;
}
