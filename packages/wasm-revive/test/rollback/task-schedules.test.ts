/**
 * Random tasks, woken in a random order between calls, some of which fail: a poll that fails has never been, its task alone is rejected, and every
 * other poll has been once. SEED and PATH_ repeat a run.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown } from '../fixtures.js';
import { replayable } from './replay.js';

interface Package extends Fixtures {
  bump_static(): number;
  spawn_script(script: string, next: () => unknown): void;
  task_guards(): Iterable<number>;
  task_script(script: string, next: () => unknown): Promise<number>;
  task_total(): number;
}

const FAILURES = ['abort', 'oom', 'stack-overflow', 'out-of-bounds', 'double-panic', 'js-exception'] as const;

/** What one poll does: so many times `add`, and then perhaps fails. */
interface Poll {
  readonly adds: number;
  readonly fails: (typeof FAILURES)[number] | undefined;
}

interface Schedule {
  /** Each with whether anybody waits for it, and after which step it is started. */
  readonly tasks: readonly { readonly polls: readonly Poll[]; readonly isAwaited: boolean; readonly after: number }[];
  /** Which of the promises that are waited for are settled in one go, and what is called before the tasks wake. */
  readonly steps: readonly { readonly settle: readonly number[]; readonly call: 'bump' | 'fail' | undefined }[];
}

const polls: fc.Arbitrary<Poll[]> = fc.array(
  fc.record({
    adds: fc.nat(3),
    fails: fc.option(fc.constantFrom(...FAILURES), { nil: undefined, freq: 5 }),
  }),
  { minLength: 1, maxLength: 5 },
);

const schedules: fc.Arbitrary<Schedule> = fc.record({
  tasks: fc.array(fc.record({ polls, isAwaited: fc.boolean(), after: fc.nat(6) }), { minLength: 1, maxLength: 10 }),
  steps: fc.array(
    fc.record({
      settle: fc.array(fc.nat(99), { minLength: 1, maxLength: 5 }),
      call: fc.option(fc.constantFrom('bump' as const, 'fail' as const), { nil: undefined }),
    }),
    { minLength: 7, maxLength: 25 },
  ),
});

/** A task as it should be. */
interface Model {
  readonly polls: readonly Poll[];
  readonly isAwaited: boolean;
  at: number;
  added: number;
  state: 'pending' | 'failed' | number;
  /** How it ended, as its promise says. */
  seen: 'pending' | 'failed' | number;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class World {
  readonly module: Package;
  readonly tasks: Model[] = [];
  readonly waited: { readonly task: Model; settle(): void }[] = [];
  total = 0;
  bumps = 0;
  failures = 0;
  /** How many guards were dropped because their task had failed. */
  recovered = 0;
  calls = 0;

  constructor(module: Package) {
    this.module = module;
  }

  start({ polls, isAwaited }: Schedule['tasks'][number]): void {
    const task: Model = { polls, isAwaited, at: 0, added: 0, state: 'pending', seen: 'pending' };
    this.tasks.push(task);
    const script = polls.map(({ adds, fails }) => `${'add '.repeat(adds)}${fails ?? ''}`).join(' wait ');
    const next = (): Promise<void> =>
      new Promise((resolve) => {
        this.calls++;
        this.waited.push({ task, settle: resolve });
      });
    if (!isAwaited) this.module.spawn_script(script, next);
    else {
      this.module.task_script(script, next).then(
        (added) => {
          task.seen = added;
        },
        (error: { code?: string }) => {
          task.seen = error.code === 'REVIVE_ABORT' ? 'failed' : Number.NaN;
        },
      );
    }
    this.#poll(task);
  }

  settle(which: number): void {
    const [waited] = this.waited.splice(which % Math.max(1, this.waited.length), 1);
    if (waited === undefined) return;
    waited.settle();
    this.#poll(waited.task);
  }

  call(what: 'bump' | 'fail' | undefined): void {
    if (what === 'bump') expect(this.module.bump_static()).toBe(++this.bumps);
    if (what !== 'fail') return;
    this.failures++;
    expect(thrown(() => this.module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });
  }

  #poll(task: Model): void {
    const { adds, fails } = task.polls[task.at] as Poll;
    if (fails !== undefined) {
      task.state = 'failed';
      this.failures++;
      if (task.at > 0) this.recovered++;
      return;
    }
    task.added += adds;
    this.total += adds;
    task.at++;
    if (task.at === task.polls.length) task.state = task.added;
  }

  check(): void {
    const { module, tasks } = this;
    expect(module.task_total()).toBe(this.total);
    for (const { isAwaited, state, seen } of tasks) if (isAwaited) expect(seen).toBe(state);
    expect([...module.task_guards()]).toEqual([tasks.filter(({ state }) => state === 'pending').length, this.recovered]);
    // Each poll that went well has called once for what it waits for.
    expect(this.calls).toBe(tasks.reduce((sum, { at, polls }) => sum + Math.min(at, polls.length - 1), 0));
    expect([module.__revive.stats.failures, module.__revive.generation]).toEqual([this.failures, 1]);
  }
}

afterAll(removeFolders);

describe.each(['abort', 'unwind'] as const)('random schedules of tasks, panic=%s', (panic) => {
  it('I2, I5, I7: every poll has been once or never', { timeout: 120_000 }, async () => {
    let failures = 0;
    await fc.assert(
      fc.asyncProperty(schedules, async ({ tasks, steps }) => {
        const world = new World(load<Package>(panic, RUNTIME, 'fixtures-revive', 'rollback'));
        for (const [step, { settle, call }] of steps.entries()) {
          for (const task of tasks) if (task.after === step) world.start(task);
          for (const which of settle) world.settle(which);
          world.call(call);
          await turn();
          world.check();
        }
        failures += world.failures;
        removeFolders();
      }),
      replayable(),
    );
    expect(failures).toBeGreaterThan(20);
  });
});
