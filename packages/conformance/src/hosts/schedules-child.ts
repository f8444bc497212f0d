/**
 * Runs random schedules on one package in this process, and writes what came of it as JSON.
 * Arguments: the package's folder, its target, its panic mode, and what to run, as JSON (`Wanted`).
 */
import type { PanicMode } from '../runner/kinds.ts';
import { installProbe } from '../runner/probe.ts';
import { collect } from '../runner/scenarios/scenario.ts';
import { runSchedules, type Wanted } from '../schedules/run.ts';
import { World } from '../schedules/world.ts';
import { freshPackage, nodeRuntime, type Target } from './node.ts';

const [dir = '', target = '', panic = '', wanted = ''] = process.argv.slice(2);
const probe = installProbe();
Object.assign(globalThis, { host: { tick: (n: number) => n, note() {}, mayThrow: (value: unknown) => value, name: 'node' } });
const runtime = nodeRuntime();
const ran = await runSchedules(
  {
    probe,
    fresh: async () => new World(await freshPackage(dir, target as Target), panic as PanicMode, runtime),
    collect: () => collect({ runtime }),
  },
  JSON.parse(wanted) as Wanted,
);
process.stdout.write(JSON.stringify(ran));
