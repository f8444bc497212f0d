/** Runs random schedules on a transformed package, in a Node.js of its own. */
import { join } from 'node:path';
import type { Target } from '../hosts/node.ts';
import type { PanicMode } from '../runner/kinds.ts';
import { LIMITS } from '../schedules/limits.ts';
import type { Ran, Violation, Wanted } from '../schedules/run.ts';
import { needed, nodeVersion, otherNodeMajors, PANIC_MODES, programs, RUNNING_NODE, STYLED, TARGETS } from './paths.ts';
import { canLoad, nodeFlags, runProgram } from './run-in-node.ts';

/** A transformed package, by its place in the folder of all of them. */
export interface SchedulePackage {
  readonly name: string;
  readonly target: Target;
  readonly panic: PanicMode;
}

/** What schedules run on in `npm test`: two targets that every Node.js loads again and again, in both panic modes, with what may make a difference. */
export const SCHEDULE_PACKAGES: readonly SchedulePackage[] = [
  { name: 'abort/web', target: 'web', panic: 'abort' },
  { name: 'unwind/web', target: 'web', panic: 'unwind' },
  { name: 'abort/nodejs', target: 'nodejs', panic: 'abort' },
  { name: 'unwind/nodejs', target: 'nodejs', panic: 'unwind' },
  { name: 'abort/web-reset', target: 'web', panic: 'abort' },
  { name: 'unwind/nodejs-reset', target: 'nodejs', panic: 'unwind' },
  { name: 'revive/abort/nodejs', target: 'nodejs', panic: 'abort' },
  { name: 'revive/unwind/web', target: 'web', panic: 'unwind' },
  { name: 'mvp/abort/web', target: 'web', panic: 'abort' },
  { name: 'no-multivalue/unwind/nodejs', target: 'nodejs', panic: 'unwind' },
];

/** What `npm test` runs on each of them. Always the same, so that a change is judged by what it changes; `npm run soak` draws others. */
export const BOUNDED: Wanted = { seed: 1, ms: LIMITS.boundedMs, steps: LIMITS.boundedSteps };

/** What they run on in `npm run soak`: all that is transformed. */
export const SOAK_PACKAGES: readonly SchedulePackage[] = [
  ...PANIC_MODES.flatMap((panic) => [
    ...TARGETS.flatMap((target) => [
      { name: `${panic}/${target}`, target, panic },
      { name: `revive/${panic}/${target}`, target, panic },
    ]),
    ...(['web', 'nodejs', 'module'] as const).map((target) => ({ name: `${panic}/${target}-reset`, target, panic })),
  ]),
  ...STYLED.flatMap(([style, panic, targets]) => targets.map((target) => ({ name: `${style}/${panic}/${target}`, target, panic }))),
  ...TARGETS.map((target): SchedulePackage => ({ name: `exnref/${target}`, target, panic: 'unwind' })),
  { name: 'revive/exnref/nodejs', target: 'nodejs', panic: 'unwind' },
];

/** V8's escape analysis takes seconds over a factory that has made hundreds of instances, and the process ends no earlier. */
const FLAGS = ['--expose-gc', '--no-turbo-escape'];

/** Above the time that the schedules are given: for loading, and for making one that goes wrong smaller. */
const SPARE_MS = 180_000;

/** Runs schedules. A process that ends by itself, or hangs, is a violation, too. @param folder of all transformed packages */
export async function runSchedulesOn(folder: string, { name, target, panic }: SchedulePackage, wanted: Wanted): Promise<Ran> {
  const program = needed(join(programs, 'schedules-child.js'), 'The programs have not been built');
  // Those catch in the exnref encoding.
  const isNewer = name.includes('exnref') || name.startsWith('abort-handler');
  const node = canLoad(RUNNING_NODE, target) && !isNewer ? RUNNING_NODE : nodeVersion(Math.max(...otherNodeMajors()));
  const args = [...nodeFlags(node, target), ...FLAGS, program, join(folder, name), target, panic, JSON.stringify(wanted)];
  const { stdout, ended } = await runProgram(node.binary, args, undefined, {}, wanted.ms + SPARE_MS);
  if (ended === undefined) return JSON.parse(stdout) as Ran;
  const violation = { what: [`I5: the process has ended: ${ended}`], seed: wanted.seed, path: wanted.path ?? '', schedule: '' };
  return { schedules: 0, steps: 0, violation };
}

/** A violation for people, with the command that repeats it. */
export function describeViolation({ name }: SchedulePackage, wanted: Pick<Wanted, 'without'>, violation: Violation): string {
  const { what, seed, path, schedule } = violation;
  // Without the same steps, other schedules are drawn.
  const without = wanted.without?.length ? ` --without ${wanted.without.join()}` : '';
  const repeat = `npm run soak -- --only ${name} --seed ${seed}${path === '' ? '' : ` --path ${path}`}${without}`;
  return `${name}:\n${what.map((line) => `  ${line}`).join('\n')}\n\nAfter:\n\n${schedule}\n\nRepeat it with: ${repeat}\n`;
}
