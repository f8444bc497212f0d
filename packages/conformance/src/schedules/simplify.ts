/**
 * Makes a schedule that goes wrong smaller. fast-check can't: it doesn't know that a step may give way to those inside of it, and takes a
 * minute over what takes seconds here.
 */
import type { Schedule, Step } from './steps.ts';

/** The smallest schedule found that still goes wrong, leaving out one thing at a time. */
export async function simplify(schedule: Schedule, goesWrong: (schedule: Schedule) => Promise<boolean>): Promise<Schedule> {
  for (const simpler of simplerSchedules(schedule)) if (await goesWrong(simpler)) return simplify(simpler, goesWrong);
  return schedule;
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
    if (step.do === 'use' && step.which > 0) yield replacedBy({ ...step, which: 0 });
    if (step.do === 'listen' && step.times > 1) yield replacedBy({ ...step, times: 1 });
    if (step.do === 'fail' && step.way !== 'fail') yield replacedBy({ ...step, way: 'fail' });
    if (step.do === 'nest' && step.way !== 'nested') yield replacedBy({ ...step, way: 'nested' });
    if (step.do === 'fail' && step.kind !== 'abort') yield replacedBy({ ...step, kind: 'abort' });
  }
}
