/** The one way of a failure, on an instance without Wasm. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Failure, isReviveError, PanicError, type Plugin, type Recovery, type ReviveError } from '../src/index.js';
import { type Made, makeInstance } from './fake.js';

const trap = (): WebAssembly.RuntimeError => new WebAssembly.RuntimeError('unreachable');
const microtasks = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await undefined;
};

/** As the guard of an export does: the innermost one catches, with so many imports running further out. */
function leaves({ host, stack }: Made, error: unknown, imports = 0): unknown {
  stack.imports = imports;
  return host.threw(error, 0, imports);
}

/** As the guard of an import does, and then the one of the export that it was called from. */
function throughImport(made: Made, error: unknown, imports = 0): unknown {
  made.stack.imports = imports;
  return leaves(made, made.host.crossed(error, false, imports), imports);
}

afterEach(() => vi.restoreAllMocks());

describe('an abort', () => {
  it('I1, I3: shuts the scope, decides, tells; in this order, and once', () => {
    const made = makeInstance();
    const error = trap();
    const caught = leaves(made, error) as ReviveError;
    expect(caught).toMatchObject({ code: 'REVIVE_ABORT', cause: error });
    expect(made.log).toEqual(['released', 'decide fresh', 'failed fresh']);
    // Guards further out see it, too.
    expect(leaves(made, made.host.dropped(undefined))).toBe(caught);
    expect(made.reports).toHaveLength(1);
    expect(caught.report).toBe(made.reports[0]);
  });

  it('I1: everybody reads what the supervisor has decided', () => {
    const read: Recovery[] = [];
    const plugin: Plugin = { name: 'reads', lost: (_, { recovery }) => void read.push(recovery) };
    const made = makeInstance({ plugins: [plugin], decide: () => 'retire' });
    const { report } = leaves(made, trap()) as ReviveError;
    expect([...read, report?.recovery, made.reports[0]?.recovery]).toEqual(['retire', 'retire', 'retire']);
    expect(Object.isFrozen(report) && Object.isFrozen(report?.failure)).toBe(true);
  });

  it('I1: leads from the trap to the caller, and leaves the limit of frames as it was', () => {
    const { stackTraceLimit } = Error;
    const made = makeInstance();
    const error = trap();
    const caught = leaves(made, error) as ReviveError;
    const frames = error.stack?.slice(error.stack.indexOf('\n    at ')) ?? '';
    expect(frames).toContain('failures.test.ts');
    expect(caught.stack).toBe(`ReviveError: ${caught.message}${frames}`);
    expect(Object.keys(caught)).not.toContain('stack');
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it.each([
    ['throws where it is set', { get: () => 10, set: () => expect.unreachable() }],
    ['is no number', { value: undefined, writable: true }],
    ['is frozen', { value: 3, writable: false }],
  ])('I1: is told where the limit of frames %s', (_, limit) => {
    const before = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit') as PropertyDescriptor;
    Object.defineProperty(Error, 'stackTraceLimit', { ...limit, configurable: true });
    const now = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
    try {
      const made = makeInstance();
      expect(leaves(made, trap())).toMatchObject({ code: 'REVIVE_ABORT' });
      expect(made.reports).toMatchObject([{ failure: { cause: 'unreachable' } }]);
      expect(Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')).toEqual(now);
    } finally {
      Object.defineProperty(Error, 'stackTraceLimit', before);
    }
  });

  it.each([
    ['no text', { lines: 3 }],
    ['no frames', 'RuntimeError: unreachable'],
  ])('I1: has a stack of its own where the trap has %s', (_, stack) => {
    const error = Object.assign(trap(), { stack });
    const caught = leaves(makeInstance(), error) as ReviveError;
    expect(caught.stack).toContain(`ReviveError: ${caught.message}\n    at `);
  });

  it('I1: its report says what the engine said, whatever the program does to the trap before it reads that', () => {
    const error = trap();
    const caught = leaves(makeInstance(), error) as ReviveError;
    error.message = 'of the program';
    expect(caught.report?.failure).toMatchObject({ trap: { name: 'RuntimeError', message: 'unreachable' } });
  });

  it('I1: the console shows the report, also of a panic', () => {
    const caught = leaves(makeInstance(), trap()) as ReviveError;
    expect(inspect(caught)).toContain("kind: 'aborted'");
    const made = makeInstance();
    const panic = leaves(made, made.host.panic('a panic')) as PanicError;
    expect(inspect(panic)).toContain("kind: 'unwound'");
    expect(Object.isFrozen(panic.report)).toBe(true);
  });

  it('I8: no frames are made unless somebody reads them', () => {
    const frames = vi.fn(() => []);
    const spy: Plugin = {
      name: 'spy',
      threw({ error, condemn }) {
        condemn();
        return Object.defineProperty({ kind: 'aborted', cause: 'unreachable', trap: error }, 'frames', { get: frames }) as Failure;
      },
    };
    const caught = leaves(makeInstance({ plugins: [spy], spiesFirst: true }), trap()) as ReviveError;
    expect(frames).not.toHaveBeenCalled();
    expect(JSON.stringify(caught.report)).toContain('"frames":[]');
    expect(frames).toHaveBeenCalledOnce();
  });

  it('I1, I3: is told where a plugin condemns the instance, and no other has anything to say of it', () => {
    const states: string[] = [];
    const first: Plugin = {
      name: 'first',
      threw({ instance }) {
        states.push(instance.state);
        return { kind: 'unwound', panic: { message: 'not at all', frames: [] } };
      },
    };
    const error = new Error('the last');
    const condemns: Plugin = { name: 'condemns', condemns: (thrown) => thrown.error === error };
    for (const plugins of [[condemns], [first, condemns]]) {
      const made = makeInstance({ plugins, spiesFirst: true });
      expect(leaves(made, error)).toMatchObject({ code: 'REVIVE_ABORT', cause: error });
      expect(made.reports.map(({ failure }) => failure)).toMatchObject([{ kind: 'aborted', cause: 'unknown' }]);
      expect(made.log).toEqual(['released', 'decide fresh', 'failed fresh']);
    }
    expect(states).toEqual(['lost']);
  });

  it('I5: promises that Rust owes are rejected, and whose call it was is told', async () => {
    const made = makeInstance();
    const owed = made.host.promise(() => {});
    const caught = leaves(made, trap()) as ReviveError;
    await expect(owed).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST', cause: caught });
    expect(made.reports[0]?.callsLost).toBe(1);
  });

  it('I3: can not be kept, whatever plugins want', () => {
    const made = makeInstance({ plugins: [{ name: 'keeps', failed: () => 'keep' }] });
    leaves(made, trap());
    expect(made.log).toEqual(['released', 'decide fresh', 'failed fresh']);
  });

  it('I1: a plugin that breaks down over it costs the instance, and is logged', () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const breaks: Plugin = {
      name: 'breaks',
      failed() {
        throw new Error('broken');
      },
    };
    const made = makeInstance({ plugins: [breaks] });
    expect(leaves(made, trap())).toMatchObject({ code: 'REVIVE_ABORT' });
    expect([made.instance.state, logged.mock.calls.length]).toEqual(['lost', 1]);
  });
});

describe('a panic that was caught', () => {
  const panics = (made: Made, imports = 0): unknown => leaves(made, made.host.panic('no way'), imports);

  it('I7: keeps the instance', () => {
    const made = makeInstance({ unwinds: true });
    const caught = panics(made);
    expect(caught).toBeInstanceOf(PanicError);
    expect([made.instance.state, made.log]).toEqual(['running', ['decide keep', 'failed keep']]);
  });

  it.each(['fresh', 'retire'] as const)('I5, I7: costs the instance where a plugin wants that (%s)', async (wanted) => {
    const made = makeInstance({
      unwinds: true,
      plugins: [{ name: 'policy', failed: ({ state }) => (state === 'running' ? wanted : undefined) }],
    });
    const owed = made.host.promise(() => {});
    const caught = panics(made) as PanicError;
    expect(caught.report?.recovery).toBe(wanted);
    await expect(owed).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST', cause: { cause: caught } });
    expect([made.instance.state, made.reports.length]).toEqual(['lost', 1]);
  });

  it('I7: a turn that goes on may end well first', async () => {
    const made = makeInstance({ unwinds: true, plugins: [{ name: 'policy', failed: () => 'fresh' }] });
    panics(made, 1);
    expect(made.instance.state).toBe('running');
    made.stack.imports = 0;
    await microtasks();
    expect(made.instance.state).toBe('lost');
  });

  it('I1: its report is the same for everybody, and a property of the error like any other', () => {
    const made = makeInstance({ unwinds: true });
    const caught = panics(made) as PanicError;
    expect(caught.report).toBe(made.reports[0]);
    expect(caught.panic?.message).toBe('no way');
    expect(JSON.parse(JSON.stringify(caught))).toMatchObject({
      code: 'REVIVE_PANIC',
      report: { failure: { panic: { message: 'no way' } } },
    });
    expect(Object.isFrozen(caught.report)).toBe(true);
  });

  it('I1, I9: an error that the program has frozen meanwhile stays as it is, and the failure is told', () => {
    const made = makeInstance({ unwinds: true });
    const error = Object.freeze(made.host.panic('no way'));
    expect(leaves(made, error)).toBe(error);
    expect(made.reports).toHaveLength(1);
  });

  it('I1: that reaches no guard is told in a microtask', async () => {
    const made = makeInstance({ unwinds: true });
    made.host.panic('in a task');
    await microtasks();
    expect(made.reports.map(({ failure }) => failure.panic?.message)).toEqual(['in a task']);
  });
});

describe('an exception of JavaScript', () => {
  it('I1: is reported at the innermost guard, once, and goes on by identity', () => {
    const made = makeInstance();
    const error = new Error('of the program');
    expect(throughImport(made, error, 1)).toBe(error);
    expect(throughImport(made, error, 0)).toBe(error);
    expect(made.log.filter((text) => text !== 'suspected')).toEqual(['failed keep', 'watched']);
  });

  it('I1: is reported in the words that it had, however late the report is read', () => {
    const made = makeInstance();
    const error = new Error('of the program');
    throughImport(made, error, 0);
    error.message = 'changed by whoever caught it';
    expect(made.drafts[0]?.report.failure).toMatchObject({ trap: { message: 'of the program' } });
  });

  it('I1: is a new failure once an import has swallowed it', async () => {
    const made = makeInstance();
    const error = new Error('of the program');
    throughImport(made, error, 1);
    made.host.returned(0);
    throughImport(made, error, 0);
    await microtasks();
    expect(made.reports).toHaveLength(2);
  });
});

describe('a hook that itself costs the instance', () => {
  const without: Plugin = {
    name: 'condemns nothing',
    threw: ({ error, origin }) =>
      origin === 'own' && error instanceof WebAssembly.RuntimeError
        ? { kind: 'aborted', cause: 'unreachable', trap: error, frames: [] }
        : undefined,
  };

  it.each([
    ['a panic', (made: Made) => leaves(made, made.host.panic('no way'))],
    ['an exception of JavaScript', (made: Made) => throughImport(made, new Error('of the program'))],
    ['an abort', (made: Made) => leaves(made, trap())],
  ])('I1: is reported once, as what it was lost through, and the caller gets that (%s)', async (_, fails) => {
    let calls = 0;
    const nested = trap();
    const calling: Plugin = {
      name: 'calls the module',
      failed: () => void (calls++ === 0 && leaves(made, nested)),
    };
    const made: Made = makeInstance({ unwinds: true, spiesFirst: true, plugins: [without, calling] });
    const caught = fails(made) as ReviveError;
    await microtasks();
    expect(caught).toMatchObject({ code: 'REVIVE_ABORT', cause: nested });
    expect(made.reports).toEqual([caught.report]);
    expect(made.log.filter((text) => text !== 'watched')).toEqual(['released', 'decide fresh', 'failed fresh']);
  });
});

describe('a redaction that itself costs the instance', () => {
  it('I1: is reported once, as what it was lost through', async () => {
    let calls = 0;
    const nested = trap();
    const calling = (text: string): string => {
      if (calls++ === 0) leaves(made, nested);
      return text;
    };
    const made: Made = makeInstance({ redact: () => calling });
    const caught = throughImport(made, new Error('of the program')) as ReviveError;
    await microtasks();
    expect(caught).toMatchObject({ code: 'REVIVE_ABORT', cause: nested });
    expect(made.reports).toEqual([caught.report]);
  });
});

describe('what an instance gave to the host', () => {
  it.each(['a panic', 'an abort'])('I2, I6: is taken back after everybody knows that another serves (%s)', (what) => {
    const made = makeInstance({ unwinds: true, plugins: [{ name: 'policy', failed: () => 'fresh' }] });
    const target = { addEventListener() {}, removeEventListener: () => void made.log.push('taken back') };
    made.host.register(target, 'addEventListener', ['click', made.host.closure(() => {})]);
    leaves(made, what === 'a panic' ? made.host.panic('no way') : trap());
    expect(made.log).toContain('taken back');
    expect(made.log.indexOf('taken back')).toBeGreaterThan(made.log.indexOf('failed fresh'));
  });
});

describe('a stack that ends between the decision and the report', () => {
  it.each(['an abort', 'a panic'])('I1: what is reported afterwards is not decided again (%s)', async (what) => {
    let isFull = false;
    const asked: string[] = [];
    const made: Made = makeInstance({
      unwinds: true,
      plugins: [
        {
          name: 'policy',
          failed(_, { kind }) {
            asked.push(kind);
            return 'fresh';
          },
        },
      ],
      decide(wanted) {
        isFull = true;
        return wanted;
      },
      redact() {
        if (!isFull) return undefined;
        isFull = false;
        throw new RangeError('Maximum call stack size exceeded');
      },
    });
    expect(leaves(made, what === 'a panic' ? made.host.panic('no way') : trap())).toMatchObject({ code: 'REVIVE_ABORT' });
    await microtasks();
    expect(asked).toHaveLength(1);
    expect(made.log).toEqual(
      what === 'a panic' ? ['decide fresh', 'released', 'failed fresh'] : ['released', 'decide fresh', 'failed fresh'],
    );
    expect(made.reports).toHaveLength(1);
  });
});

/** What may leave an instance, with how many imports running further out. */
const event = fc.oneof(
  fc.record({ do: fc.constant('trap' as const), imports: fc.nat(2) }),
  fc.record({ do: fc.constant('panic' as const), imports: fc.nat(2) }),
  fc.record({ do: fc.constant('foreign' as const), imports: fc.nat(2), again: fc.boolean() }),
  fc.record({ do: fc.constant('ordinary' as const), imports: fc.nat(2) }),
  fc.record({ do: fc.constant('returned' as const), imports: fc.nat(2) }),
  fc.record({ do: fc.constant('owe' as const), imports: fc.constant(0) }),
);

describe('any sequence of failures', () => {
  it('I1, I2, I3, I5: each is decided once, told once and as it was decided; nothing is told of a lost instance', async () => {
    const recovery = fc.constantFrom<Recovery>('keep', 'fresh', 'retire');
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), fc.array(recovery, { minLength: 12, maxLength: 12 }), async (events, wanted) => {
        let asked = 0;
        const made = makeInstance({ unwinds: true, plugins: [{ name: 'random', failed: () => wanted[asked++ % wanted.length] }] });
        const owed: Promise<unknown>[] = [];
        const same = new Error('the same');
        for (const one of events) {
          const before = made.reports.length;
          const wasLost = made.instance.state === 'lost';
          let caught: unknown;
          if (one.do === 'owe' && !wasLost) owed.push(made.host.promise(() => {}));
          else if (one.do === 'returned') made.host.returned(one.imports);
          else if (one.do === 'trap') caught = leaves(made, trap(), one.imports);
          else if (one.do === 'panic') caught = leaves(made, made.host.panic('a panic'), one.imports);
          else if (one.do === 'foreign') caught = throughImport(made, one.again ? same : new Error('another'), one.imports);
          else if (one.do === 'ordinary') caught = leaves(made, same, one.imports);
          const told = made.reports.slice(before);
          if (wasLost) expect(told).toEqual([]);
          if (one.do === 'trap' || one.do === 'panic') {
            expect(isReviveError(caught)).toBe(true);
            if (!wasLost) expect(told).toHaveLength(1);
          }
          if (one.do === 'trap') expect(made.instance.state).toBe('lost');
          if (one.do === 'ordinary' && !wasLost) expect([caught, told]).toEqual([same, []]);
          made.stack.imports = 0;
          await microtasks();
        }
        // Each report says what was decided right before, and after the first that isn't kept there is no other.
        const decided = made.log.filter((text) => text.startsWith('decide')).map((text) => text.slice('decide '.length));
        const lastWords = made.reports.map(({ recovery: said }) => said).filter((said) => said !== 'keep');
        expect(decided.filter((said) => said !== 'keep')).toEqual(lastWords);
        expect(lastWords.length).toBeLessThanOrEqual(1);
        expect(made.reports.every((report) => Object.isFrozen(report))).toBe(true);
        expect(made.instance.state).toBe(lastWords.length === 0 ? 'running' : 'lost');
        if (made.instance.state === 'lost') for (const one of await Promise.allSettled(owed)) expect(one.status).toBe('rejected');
      }),
      { numRuns: 500 },
    );
  });
});
