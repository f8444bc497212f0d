/** Random schedules against the plain model in `src/schedules/model.ts`; `npm run soak` runs them without an end. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { putFault } from '../src/drive/put-fault.ts';
import { BOUNDED, describeViolation, runSchedulesOn, SCHEDULE_PACKAGES, type SchedulePackage } from '../src/drive/run-schedules.ts';
import { MANAGER_FAULTS } from '../src/faults/manager-faults.ts';
import { LIMITS } from '../src/schedules/limits.ts';

const seed = Number(process.env.CONFORMANCE_SEED ?? BOUNDED.seed);
const wantedOf = { ...BOUNDED, seed };

describe(`random schedules (seed ${seed}; CONFORMANCE_SEED draws others)`, () => {
  it.each(SCHEDULE_PACKAGES)('$name does what the model says', async (pkg) => {
    const { steps, violation } = await runSchedulesOn(inject('transformed'), pkg, wantedOf);
    expect(violation && describeViolation(pkg, {}, violation)).toBeUndefined();
    expect(steps).toBeGreaterThanOrEqual(LIMITS.boundedSteps);
  });

  it('makes more than 100,000 steps on all of them', () => {
    expect(SCHEDULE_PACKAGES.length * LIMITS.boundedSteps).toBeGreaterThan(100_000);
  });

  it.each(MANAGER_FAULTS)('finds a fault of the manager: $name', async (fault) => {
    const pkg = { name: `faults/${MANAGER_FAULTS.indexOf(fault)}`, target: 'nodejs', panic: 'unwind' } as const;
    const dir = join(inject('transformed'), pkg.name);
    cpSync(join(inject('transformed'), 'unwind/nodejs'), dir, { recursive: true });
    putFault(dir, fault);
    const { violation } = await runSchedulesOn(inject('transformed'), pkg, { ...wantedOf, simplifyMs: 0 });
    rmSync(dir, { recursive: true });
    expect(violation?.what.join()).toMatch(/I\d/);
    expect(violation && describeViolation(pkg, {}, violation)).toMatch(/--seed \d+ --path \d+$/m);
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
