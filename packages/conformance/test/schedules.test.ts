/** Random schedules against the plain model in `src/schedules/model.ts`; `npm run soak` runs them without an end. */
import { describe, expect, inject, it } from 'vitest';
import { describeViolation, runSchedulesOn, SCHEDULE_PACKAGES, type SchedulePackage } from '../src/drive/run-schedules.ts';
import { LIMITS } from '../src/schedules/limits.ts';

// The same each time, so that a change is judged by what it changes. `npm run soak` draws others.
const seed = Number(process.env.CONFORMANCE_SEED ?? 1);

describe(`random schedules (seed ${seed}; CONFORMANCE_SEED draws others)`, () => {
  it.each(SCHEDULE_PACKAGES)('$name does what the model says', async (pkg) => {
    const { schedules, violation } = await runSchedulesOn(inject('transformed'), pkg, { seed, ms: LIMITS.boundedMs });
    expect(violation && describeViolation(pkg, {}, violation)).toBeUndefined();
    expect(schedules).toBeGreaterThanOrEqual(LIMITS.schedulesInBatch);
  });

  it('notices a fresh instance that does not start from its initial state', async () => {
    const [pkg] = SCHEDULE_PACKAGES as [SchedulePackage];
    const { violation } = await runSchedulesOn(inject('transformed'), pkg, { seed, ms: LIMITS.boundedMs, spoiltAfter: 0 });
    expect(violation?.what.join()).toMatch(/count gives \d+ in place of: \d+/);
  });

  it('repeats by its path what takes many schedules to go wrong', async () => {
    const [pkg] = SCHEDULE_PACKAGES as [SchedulePackage];
    const wanted = { seed, ms: LIMITS.boundedMs, spoiltAfter: 60, simplifyMs: 1_000, without: ['stack-overflow'] };
    const { violation } = await runSchedulesOn(inject('transformed'), pkg, wanted);
    expect(violation?.schedule).toContain('// The next schedule');
    const again = await runSchedulesOn(inject('transformed'), pkg, { ...wanted, path: violation?.path ?? '' });
    expect(again.violation?.what).toEqual(violation?.what);
    expect(violation && describeViolation(pkg, wanted, violation)).toMatch(/--path \d+ --without stack-overflow$/m);
  });
});
