/** Tasks of the crate: each poll is a turn, and one that fails costs its own task and nothing else. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CrashReport, InstanceView } from '@wasm-revive/kernel';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Package as Fixtures, load, never, RUNTIME, removeFolders, thrown } from '../fixtures.js';

type Next = () => unknown;

interface Scripts {
  ended(): Iterable<number>;
  free(): void;
  script(script: string, next: Next): Promise<number>;
}

interface Tasks {
  Scripts: new () => Scripts;
  describe_script(script: string, next: Next): Promise<string>;
  drop_script(script: string, next: Next, promise: Promise<unknown>): void;
  pipe_numbers(count: number, back: boolean, kind: string): Promise<number>;
  plain_script(script: string, next: Next): Promise<number>;
  spawn_script(script: string, next: Next): void;
  task_failing_in_drop(script: string, next: Next, inDrop: string): Promise<number>;
  /** How many guards are held, and how many were dropped because their task had failed. */
  task_guards(): Iterable<number>;
  task_script(script: string, next: Next): Promise<number>;
  task_total(): number;
}

interface Package extends Fixtures, Tasks {
  bump_static(): number;
  failing_closure(): (kind: string) => unknown;
  memory_pages(): number;
  pass_on(how: string, target: unknown, f: unknown): unknown;
}

const KINDS = [
  'abort',
  'double-panic',
  'oom',
  'stack-overflow',
  'shadow-stack-overflow',
  'out-of-bounds',
  'indirect-call',
  'arithmetic',
  'js-exception',
  // What there is no kind of is thrown on purpose.
  'a-text-that-is-thrown',
];

const settled = (): Promise<void> => Promise.resolve();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterAll(removeFolders);

describe.each(['abort', 'unwind'] as const)('tasks under rollback, panic=%s', (panic) => {
  const make = (): Package => load<Package>(panic, RUNTIME, 'fixtures-revive', 'rollback');
  const listen = (module: Package): CrashReport[] => {
    const reports: CrashReport[] = [];
    module.__revive.on('failure', (report) => reports.push(report));
    return reports;
  };

  it.each(KINDS)('I2, I7: cost themselves and nothing else, when they fail with %s', async (kind) => {
    const module = make();
    const reports = listen(module);
    const counter = new module.Counter(1);
    let total = 0;
    for (const poll of [1, 2, 3]) {
      const calls: string[] = [];
      const next = (name: string) => (): Promise<void> => {
        calls.push(name);
        return settled();
      };
      const results = await Promise.allSettled([
        module.task_script('add wait add wait add', next('before')),
        module.task_script(`${'add wait '.repeat(poll - 1)}add ${kind} wait add`, next('failing')),
        module.task_script('wait add wait add wait add', next('behind')),
        module.plain_script('add wait add wait wait add', next('plain')),
      ]);
      expect(results).toEqual([
        { status: 'fulfilled', value: 3 },
        { status: 'rejected', reason: expect.objectContaining({ code: 'REVIVE_ABORT', report: reports[poll - 1] }) },
        { status: 'fulfilled', value: 3 },
        { status: 'fulfilled', value: 3 },
      ]);
      // What the failing poll had added is undone, and no effect on JavaScript is repeated.
      total += 9 + poll - 1;
      expect(module.task_total()).toBe(total);
      const count = (name: string): number => calls.filter((call) => call === name).length;
      expect(['before', 'failing', 'behind', 'plain'].map(count)).toEqual([2, poll - 1, 3, 3]);
      expect([counter.inc(), module.__revive.generation, module.__revive.stats.inFlight]).toEqual([1 + poll, 1, 0]);
      // In the first poll, its guard was made by what is undone.
      expect([...module.task_guards()]).toEqual([0, poll - 1]);
    }
    expect(reports.map(({ recovery }) => recovery)).toEqual(['rollback', 'rollback', 'rollback']);
  });

  it('I5: the promise of a task that fails is rejected before the event loop does anything else', async () => {
    const module = make();
    const order: string[] = [];
    const failing = module.task_script('wait abort', settled).catch(() => order.push('rejected'));
    setImmediate(() => order.push('turn'));
    await failing;
    await turn();
    expect(order).toEqual(['rejected', 'turn']);
  });

  it('I7: a destructor that fails is undone in turn, and what it alone would have released stays', async () => {
    const module = make();
    const reports = listen(module);
    const other = module.task_script('add wait add wait add', settled);
    const error = await module.task_failing_in_drop('add wait add abort', settled, 'oom').catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'REVIVE_ABORT', report: { failure: { cause: 'unreachable' } } });
    expect(reports).toMatchObject([
      { failure: { cause: 'unreachable' }, recovery: 'rollback' },
      { failure: { cause: 'out-of-memory' }, recovery: 'rollback' },
    ]);
    expect([await other, module.task_total(), ...module.task_guards()]).toEqual([3, 4, 1, 0]);
    expect(await module.task_script('add wait add', settled)).toBe(2);
  });

  it('I1: Rust learns how a task ended', async () => {
    const module = make();
    expect(await module.describe_script('add wait add', settled)).toBe('added 2');
    expect(await module.describe_script('add wait oom', settled)).toMatch(/^the task failed: Rust aborted: out of memory/);
    expect(await module.describe_script('wait', () => Promise.reject(new Error('no')))).toBe('rejected');
    expect(await module.task_script('wait', () => Promise.reject('no')).catch((error: unknown) => error)).toBe('no');
  });

  it('I5: what an import throws through a poll ends there', async () => {
    const module = make();
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => uncaught.push(error));
    try {
      await expect(module.task_script('add wait js-exception', settled)).rejects.toMatchObject({ code: 'REVIVE_ABORT' });
      await turn();
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    expect(uncaught).toEqual([]);
  });

  it('I5: go on where a call has failed on a full stack, and nobody could say that it was over', async () => {
    const module = make();
    const under = (frames: number, run: () => void): void => (frames === 0 ? run() : under(frames - 1, run));
    let deepest = 0;
    const measure = (): void => {
      deepest++;
      measure();
    };
    thrown(measure);
    for (let frames = Math.floor(deepest * 0.5); frames < deepest * 1.1; frames += Math.ceil(deepest / 500)) {
      const waiting = [module.task_script('add wait add', settled), module.plain_script('add wait add', settled)];
      try {
        under(frames, () => void thrown(() => module.fail('abort')));
      } catch {
        // There was no room to get there, or to come back.
      }
      const ended = await Promise.race([Promise.all(waiting), turn().then(turn)]);
      expect([frames, ended, module.__revive.generation]).toEqual([frames, [2, 2], 1]);
    }
    expect(module.__revive.stats.failures).toBeGreaterThan(50);
  });

  it('I1: a task that nobody waits for is reported, and no failure reaches the process', async () => {
    const module = make();
    const reports = listen(module);
    module.spawn_script('add wait abort', settled);
    module.spawn_script('add wait add', settled);
    await turn();
    expect([reports.length, module.task_total(), ...module.task_guards(), module.__revive.generation]).toEqual([1, 3, 0, 1, 1]);
  });

  it('I6: a task that is dropped releases what it holds, and is polled no more', async () => {
    const module = make();
    const calls: (() => void)[] = [];
    let drop: () => void = () => {};
    const next = (): Promise<void> => new Promise((resolve) => calls.push(resolve));
    module.drop_script('add wait add wait', next, new Promise<void>((resolve) => (drop = resolve)));
    await turn();
    expect([calls.length, ...module.task_guards()]).toEqual([1, 1, 0]);
    drop();
    await turn();
    calls[0]?.();
    await turn();
    expect([calls.length, module.task_total(), ...module.task_guards()]).toEqual([1, 1, 0, 0]);
  });

  it('I7: tasks and futures of wasm-bindgen wake each other, and a wake is undone with its poll', async () => {
    const module = make();
    expect([await module.pipe_numbers(5, false, 'none'), await module.pipe_numbers(5, true, 'none')]).toEqual([15, 15]);
    // The last number was sent in the poll that failed. Dropping the task closes the pipe.
    expect(await module.pipe_numbers(5, false, 'abort')).toBe(10);
    expect(await module.pipe_numbers(1, false, 'stack-overflow')).toBe(0);
    expect(module.__revive.generation).toBe(1);
  });

  it('I5: a future of wasm-bindgen that fails costs the instance, and tasks with it', async () => {
    const module = make();
    const waiting = module.task_script('add wait', never);
    const piped = module.pipe_numbers(3, true, 'abort');
    const codes = await Promise.all([waiting, piped].map((promise) => promise.catch((error: { code: string }) => error.code)));
    expect(codes).toEqual(['REVIVE_INSTANCE_LOST', 'REVIVE_INSTANCE_LOST']);
    expect([module.__revive.generation, await module.task_script('add wait add', settled)]).toEqual([2, 2]);
  });

  it('I7: a listener may start tasks, call the module and fail it, before the task that failed is ended', async () => {
    const module = make();
    let started: Promise<number> | undefined;
    module.__revive.on('failure', () => {
      started ??= module.task_script('add wait add', settled);
    });
    let errors = 0;
    module.__revive.on('recovered', () => {
      if (errors++ === 0) thrown(() => module.fail('oom'));
    });
    const results = await Promise.allSettled([
      module.task_script('add wait abort', settled),
      module.task_script('add wait wait add', settled),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect([await started, errors, module.__revive.generation, module.__revive.stats.failures]).toEqual([2, 2, 1, 2]);
  });

  it('I4: a reset in between leaves no task behind', async () => {
    const module = make();
    module.__revive.on('failure', () => module.__revive.reset());
    const results = await Promise.allSettled([module.task_script('wait abort', settled), module.task_script('wait wait', never)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([module.task_total(), ...module.task_guards()]).toEqual([0, 0, 0]);
  });

  it('I6: a thousand tasks that fail leave nothing behind', async () => {
    const module = make();
    let view: InstanceView | undefined;
    module.__revive.use({
      name: 'view',
      instantiated: (each) => {
        view = each;
      },
    });
    module.__revive.reset();
    const size = async (): Promise<unknown[]> => {
      for (let round = 0; round < 100; round++) {
        const results = await Promise.allSettled([
          ...Array.from({ length: 10 }, () => module.task_script('add wait add wait abort', settled)),
          module.task_script('add wait add', settled),
        ]);
        expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(10);
      }
      const references = view?.exports?.__wbindgen_externrefs as WebAssembly.Table;
      return [module.memory_pages(), references.length, module.__revive.stats.inFlight, [...module.task_guards()][0]];
    };
    await size();
    const first = await size();
    expect(await size()).toEqual(first);
    expect([first[2], first[3]]).toEqual([0, 0]);
  });

  it.each(KINDS)('I7: of methods borrow their object until they have failed, with %s', async (kind) => {
    const module = make();
    const scripts = new module.Scripts();
    const { generation } = module.__revive;
    for (const time of [1, 2, 3]) {
      const [good, bad] = await Promise.allSettled([
        scripts.script('add wait add wait add', settled),
        scripts.script(`add ${'wait '.repeat(time - 1)}${kind} add`, settled),
      ]);
      expect([good, bad.status]).toEqual([{ status: 'fulfilled', value: 3 }, 'rejected']);
    }
    // The first of them failed in the poll in which it had made its guard.
    expect([...scripts.ended()]).toEqual([3, 2]);
    expect([...module.task_guards()][0]).toBe(0);
    expect(module.__revive.generation).toBe(generation);
    // wasm-bindgen refuses that as long as anybody borrows it.
    scripts.free();
  });

  it('I6: of a method that waits end with the instance, and with nothing else', async () => {
    const module = make();
    const scripts = new module.Scripts();
    const waiting = scripts.script('add wait', () => new Promise(() => undefined));
    const caught = waiting.catch((error: unknown) => error);
    // It borrows the object as long as it waits.
    expect(() => scripts.free()).toThrow(/attempted to take ownership of Rust value while it was borrowed/);
    module.__revive.reset();
    expect(await caught).toMatchObject({ code: 'REVIVE_INSTANCE_LOST' });
  });

  it('I9: a plugin runs polls within something of its own, and breaks none by doing it wrong', async () => {
    const module = make();
    const trace: string[] = [];
    const complained = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    module.__revive.use({
      name: 'outer',
      polls(_, run) {
        trace.push('(');
        run();
        run();
        trace.push(')');
      },
    });
    module.__revive.use({ name: 'never', polls: () => trace.push('-') });
    module.__revive.use({
      name: 'throws',
      polls() {
        throw new Error('no');
      },
    });
    expect(await module.task_script('add wait add', settled)).toBe(2);
    const error = await module.task_script('add wait add abort', settled).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(module.task_total()).toBe(3);
    expect(await module.plain_script('add wait add', settled)).toBe(2);
    // Each of the first plugin's calls reaches the second one. What is polled is polled once.
    expect(trace.join('').replaceAll('(--)', '')).toBe('');
    complained.mockRestore();
  });

  it.each(['before', 'behind'])('I5, I9: a plugin may call the module %s a poll, in turns of its own that may fail', async (where) => {
    const module = make();
    const fails = module.failing_closure();
    module.__revive.use({
      name: 'calls',
      polls(_, run) {
        if (where === 'behind') run();
        module.bump_static();
        thrown(() => fails('abort'));
        if (where === 'before') run();
      },
    });
    for (const time of [1, 2]) {
      const results = await Promise.allSettled([
        module.task_script('add wait add', settled),
        module.task_script('add wait add abort', settled),
        module.task_script('wait add wait add', settled),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(module.task_total()).toBe(5 * time);
    }
  });

  it('I7: behave as any future where the program wants fresh instances', async () => {
    const module = make();
    const reports = listen(module);
    module.__revive.configure({ recovery: 'fresh' });
    const results = await Promise.allSettled([module.task_script('add wait abort', settled), module.task_script('add wait', never)]);
    expect(results.map((result) => result.status === 'rejected' && (result.reason as { code: string }).code)).toEqual([
      'REVIVE_INSTANCE_LOST',
      'REVIVE_INSTANCE_LOST',
    ]);
    expect(reports.map(({ recovery }) => recovery)).toEqual(['fresh']);
    expect([module.__revive.generation, module.task_total(), await module.task_script('add', settled)]).toEqual([2, 0, 1]);
  });

  it('I5: a timer that comes only once is not undone, for whoever waits for it; one that comes again is', async () => {
    const module = make();
    const closure = module.failing_closure();
    const set = (name: 'setTimeout' | 'setInterval', how: string): ((kind: string) => unknown) => {
      const spy = vi.spyOn(globalThis, name).mockReturnValue(0 as never);
      module.pass_on(how, undefined, closure);
      const [callback] = spy.mock.lastCall ?? [];
      spy.mockRestore();
      return callback as unknown as (kind: string) => unknown;
    };
    const [interval, timeout] = [set('setInterval', 'interval'), set('setTimeout', 'timeout')];
    const waiting = module.task_script('wait', never);
    expect(thrown(() => interval('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });
    expect(thrown(() => timeout('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'fresh' } });
    await expect(waiting).rejects.toMatchObject({ code: expect.stringMatching(/^REVIVE_(ABORT|INSTANCE_LOST)$/) });
  });
});

describe('tasks that panic, under panic=unwind', () => {
  const PANICS = ['panic-message', 'panic-index', 'panic-any'];

  it.each(PANICS)('I2, I7: %s fails its task alone, and everything else is kept', async (kind) => {
    for (const recovery of ['rollback', undefined] as const) {
      const module = load<Package>('unwind', RUNTIME, 'fixtures-revive', recovery);
      const reports: CrashReport[] = [];
      module.__revive.on('failure', (report) => reports.push(report));
      const results = await Promise.allSettled([
        module.task_script(`add wait add ${kind}`, settled),
        module.task_script('add wait add wait add', settled),
      ]);
      expect(results).toEqual([
        { status: 'rejected', reason: expect.objectContaining({ code: 'REVIVE_PANIC' }) },
        { status: 'fulfilled', value: 3 },
      ]);
      expect(reports).toMatchObject([
        { recovery: 'keep', failure: { kind: 'unwound', panic: { location: { file: 'crates/fixtures/src/fail.rs' } } } },
      ]);
      expect([module.task_total(), ...module.task_guards(), module.__revive.generation]).toEqual([5, 0, 0, 1]);
    }
  });

  it('I7: a panic in a destructor of a task that failed is caught', async () => {
    const module = load<Package>('unwind', RUNTIME, 'fixtures-revive', 'rollback');
    const error = await module.task_failing_in_drop('add wait abort', settled, 'panic-message').catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'REVIVE_ABORT' });
    expect([...module.task_guards(), module.__revive.stats.failures, module.__revive.generation]).toEqual([0, 1, 2, 1]);
  });

  it('I7: where panics are to be atomic, the poll is undone', async () => {
    const module = load<Package>('unwind', RUNTIME, 'fixtures-revive', 'rollback');
    module.__revive.configure({ atomicPanics: true });
    await expect(module.task_script('add wait add panic-message', settled)).rejects.toMatchObject({
      code: 'REVIVE_PANIC',
      report: { recovery: 'rollback' },
    });
    expect([module.task_total(), ...module.task_guards(), module.__revive.generation]).toEqual([1, 0, 1, 1]);
  });

  it('I2: fails its task alone in glue that nobody has transformed', async () => {
    const glue = fileURLToPath(new URL('../../../../.artifacts/fixtures-revive/unwind/nodejs/wasm_revive_fixtures.js', import.meta.url));
    const plain = createRequire(import.meta.url)(glue) as Tasks;
    const results = await Promise.allSettled([
      plain.task_script('add wait add panic-message', settled),
      plain.task_script('add wait add wait add', settled),
      plain.pipe_numbers(4, true, 'none'),
    ]);
    expect(results).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ name: 'PanicError', message: 'the message of panic-message' }) },
      { status: 'fulfilled', value: 3 },
      { status: 'fulfilled', value: 10 },
    ]);
    expect([plain.task_total(), ...plain.task_guards()]).toEqual([5, 0, 0]);
  });
});
