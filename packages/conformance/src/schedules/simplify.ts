/**
 * Makes a schedule that goes wrong smaller. fast-check can't: it doesn't know that a step may give way to those inside of it, and takes a
 * minute over what takes seconds here.
 */
import type { Schedule, Step } from './steps.ts';

/** The smallest schedules that are found in time and still go wrong one after the other, leaving out one thing at a time. */
export async function simplify(
  several: readonly Schedule[],
  goWrong: (several: readonly Schedule[]) => Promise<boolean>,
  ms: number,
  now: () => number,
): Promise<readonly Schedule[]> {
  const until = now() + ms;
  for (const simpler of simplerOf(several)) {
    if (now() > until) break;
    if (await goWrong(simpler)) return simplify(simpler, goWrong, until - now(), now);
  }
  return several;
}

function* simplerOf(several: readonly Schedule[]): Iterable<readonly Schedule[]> {
  if (several.length > 1) yield* without(several);
  for (const [index, schedule] of several.entries()) {
    for (const simpler of simplerSchedules(schedule)) yield several.with(index, simpler);
  }
}

/** With some left out: first half of them, at last each. */
function* without<T>(list: readonly T[]): Iterable<readonly T[]> {
  for (let length = list.length >> 1; length > 0; length >>= 1) {
    for (let start = 0; start < list.length; start += length) yield [...list.slice(0, start), ...list.slice(start + length)];
  }
}

function* simplerSchedules(schedule: Schedule): Iterable<Schedule> {
  if (schedule.asks) yield { ...schedule, asks: false };
  for (const steps of simplerSteps(schedule.steps)) yield { ...schedule, steps };
}

function* simplerSteps(steps: readonly Step[]): Iterable<readonly Step[]> {
  for (let length = steps.length >> 1; length > 1; length >>= 1) {
    for (let start = 0; start < steps.length; start += length) yield [...steps.slice(0, start), ...steps.slice(start + length)];
  }
  for (const [index, step] of steps.entries()) {
    const replacedBy = (...others: readonly Step[]): readonly Step[] => [...steps.slice(0, index), ...others, ...steps.slice(index + 1)];
    yield replacedBy();
    if ('inside' in step) {
      yield replacedBy(...step.inside);
      for (const inside of simplerSteps(step.inside)) yield replacedBy({ ...step, inside });
      if (step.do !== 'later' && step.end !== 'return') yield replacedBy({ ...step, end: 'return' } as Step);
    }
    if ('at' in step && step.at > 1) yield replacedBy({ ...step, at: step.at - 1 } as Step);
    if ('at' in step && step.at === 1 && step.do !== 'evict') yield replacedBy({ ...step, at: 0 } as Step);
    if (step.do === 'evict' && step.drains) yield replacedBy({ ...step, drains: false });
    if (step.do === 'idle' && step.long) yield replacedBy({ ...step, long: false });
    if (step.do === 'use' && step.which > 0) yield replacedBy({ ...step, which: 0 });
    if (step.do === 'listen' && step.times > 1) yield replacedBy({ ...step, times: 1 });
    if (step.do === 'fail' && step.way !== 'fail') yield replacedBy({ ...step, way: 'fail' });
    if (step.do === 'nest' && step.way !== 'nested') yield replacedBy({ ...step, way: 'nested' });
    if (step.do === 'fail' && step.kind !== 'abort') yield replacedBy({ ...step, kind: 'abort' });
  }
}
