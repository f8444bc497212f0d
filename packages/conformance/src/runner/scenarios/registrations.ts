/** What Rust leaves with the host to be called later: whose function it is, how its failure ends, and what is left of it when the instance is lost. */
import { codeOf, show } from '../checks.ts';
import type { Fixtures } from '../fixtures.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { collect, listen, type Scenario, thrownBy } from './scenario.ts';

const RECOVERIES = 20;

export const REGISTRATIONS: readonly Scenario[] = [
  {
    id: 'a microtask of the program that fails',
    invariants: ['I1', 'I2', 'I5'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const { failures, stop } = listen(ground);
      for (const once of [false, true]) {
        for (const kind of ['panic-message', 'abort']) {
          thrownBy(() => ns.fail('abort'));
          ns.add(1, 2);
          failures.length = 0;
          ns.fail_in_microtask(kind, once);
          await runtime.turn();
          const kept = panic === 'unwind' && kind === 'panic-message';
          if (kept) checks.equal('I2', 'it runs once', () => ns.registered_runs(), 1);
          checks.equal('I1', 'its failure is reported once', () => failures.length, 1);
          checks.equal('I1', 'as what it is', () => failures[0]?.failure.kind, kept ? 'unwound' : 'aborted');
          checks.equal('I5', 'and not thrown', () => runtime.takeUncaught().map(show).join(), '');
        }
      }
      if (panic === 'unwind') {
        // The executor of futures is still told from the program's microtasks: of tasks woken together, one panics.
        ns.fail_in_microtask('none', false);
        const gate = deferred<string>();
        const before = new Watched(ns.wait_for(gate.promise));
        const failing = new Watched(ns.fail_later_poll('panic-message', gate.promise));
        const behind = new Watched(ns.wait_for(gate.promise));
        await runtime.turn();
        gate.resolve('opened');
        await until(runtime, () => [before, failing, behind].every(({ state }) => state !== 'pending'));
        checks.equal('I5', 'the task that panics is rejected', () => codeOf(failing.value), 'REVIVE_PANIC');
        checks.equal('I2', 'the tasks around it go on', () => `${before.state} ${behind.state}`, 'resolved resolved');
      }
      stop();
    },
  },
  {
    id: 'functions of JavaScript that Rust passes on',
    invariants: ['I2', 'I5', 'I6'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const mine = (): void => {};
      let seen: unknown[] = [];
      const see = (...args: unknown[]): void => {
        seen = args;
      };
      const closure = ns.counting_closure();
      for (const [whose, f] of [
        ['a function of JavaScript', mine],
        ['a closure of Rust', closure],
      ] as const) {
        // Objects whose methods have the names of the host's, and do something else.
        for (const [how, method] of [
          ['then', 'then'],
          ['timeout of a target', 'setTimeout'],
          ['listener', 'addEventListener'],
        ] as const) {
          ns.pass_on(how, { [method]: see }, f);
          checks.that('I2', `${whose} is given as it is: ${how}`, () => seen.includes(f) || show(seen));
        }
      }
      class Patient extends Promise<unknown> {
        // biome-ignore lint/suspicious/noThenProperty: a program may do that.
        override then(f?: unknown): Promise<never> {
          see(f);
          return new Promise(() => {});
        }
      }
      ns.pass_on('then', new Patient(() => {}), mine);
      checks.equal('I2', 'a function of JavaScript is given to a promise as it is', () => seen[0], mine);
      for (const [how, name] of [
        ['microtask', 'queueMicrotask'],
        ['timeout', 'setTimeout'],
        ['interval', 'setInterval'],
      ] as const) {
        const restore = replaceGlobal(name, see);
        ns.pass_on(how, undefined, mine);
        restore();
        checks.equal('I2', `a function of JavaScript is given to the host as it is: ${how}`, () => seen[0], mine);
      }
      if (typeof FinalizationRegistry === 'function') {
        const restore = replaceGlobal(
          'FinalizationRegistry',
          class {
            constructor(f: unknown) {
              see(f);
            }
          },
        );
        ns.pass_on('finalizer', undefined, mine);
        restore();
        checks.equal('I2', 'and to a FinalizationRegistry', () => seen[0], mine);
      }
      const { inFlight } = ns.__revive.stats;
      const promised = new Watched(ns.pass_on('promise', undefined, () => {}));
      checks.equal('I6', 'a promise that JavaScript has to settle is not counted', () => ns.__revive.stats.inFlight, inFlight);
      const target = new CountingTarget();
      const timers = new CountedTimers();
      let ticks = 0;
      ns.pass_on('listener', target, mine);
      ns.pass_on('handler', target, mine);
      const interval = ns.pass_on('interval', undefined, () => void ticks++);
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      await runtime.turn();
      checks.equal('I5', 'nor rejected when the instance is lost', () => promised.state, 'pending');
      checks.equal('I2', 'a listener of JavaScript stays', () => target.size, 1);
      checks.equal('I2', 'and a handler', () => target.onevent, mine);
      await soon(() => ticks > 0);
      checks.that('I2', 'and an interval', () => ticks > 0);
      clearInterval(interval as number);
      timers.restore();
    },
  },
  {
    id: 'what a lost instance has left with the host',
    invariants: ['I4', 'I6'],
    async run({ ns, runtime }, checks) {
      const target = new CountingTarget();
      const timers = new CountedTimers();
      const { stale, stop } = staleCalls(ns);
      ns.add(1, 2);
      for (let n = 0; n < RECOVERIES; n++) {
        ns.register_everywhere(target, 5);
        const sleep = new Watched(ns.timeout(60_000));
        if (n === 0) checks.equal('I6', 'there are two listeners', () => target.size, takesCapturing() ? 2 : 1);
        if (n === 0) checks.equal('I6', 'and three timers, one of which settles a promise', () => timers.size, 3);
        if (n % 4 === 3) ns.__revive.reset();
        else thrownBy(() => ns.fail('abort'));
        await runtime.turn();
        if (n === 0) checks.equal('I5', 'the promise is rejected', () => sleep.state, 'rejected');
      }
      checks.equal('I6', 'listeners', () => target.size, 0);
      checks.equal('I6', 'handlers', () => target.onevent, null);
      checks.equal('I6', 'timers', () => timers.size, 0);
      // The host refuses to take anything back.
      const stubborn = new CountingTarget(true);
      ns.register_everywhere(stubborn, 5);
      thrownBy(() => ns.fail('abort'));
      checks.equal('I6', 'the next call is served', () => ns.add(1, 2), 3);
      await runtime.turn();
      checks.equal('I6', 'timers, where the host refuses to let a listener go', () => timers.size, 0);
      ns.register_everywhere(target, 5);
      target.dispatchEvent(new Event('event'));
      checks.that('I4', 'the listeners of the instance that serves are called', () => ns.registered_runs() > 0);
      await soon(() => ns.registered_runs() > 4 && timers.size === 1);
      checks.that('I4', 'and its timers', () => ns.registered_runs() > 4 || `${ns.registered_runs()} runs`);
      checks.equal('I6', 'of the two timers one is left', () => timers.size, 1);
      checks.equal('I4', 'nothing stale was called', () => stale.length, 0);
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      await runtime.turn();
      checks.equal('I6', 'timers in the end', () => timers.size, 0);
      timers.restore();
      stop();
    },
  },
  {
    id: 'a timer of Rust that fails',
    invariants: ['I1', 'I5'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const { failures, stop } = listen(ground);
      for (const kind of ['panic-message', 'abort']) {
        failures.length = 0;
        ns.fail_in_timeout(kind, 1);
        await milliseconds(10);
        await runtime.turn();
        const code = panic === 'unwind' && kind === 'panic-message' ? 'REVIVE_PANIC' : 'REVIVE_ABORT';
        // Whoever gives a function to a timer has its exceptions end where those of any function do.
        checks.equal(
          'I5',
          'its failure is thrown once',
          () => runtime.takeUncaught().map(codeOf).join(),
          runtime.seesExceptions ? code : '',
        );
        checks.equal('I1', 'and reported once', () => failures.length, 1);
      }
      stop();
    },
  },
  {
    id: 'what is registered keeps nothing alive',
    invariants: ['I6'],
    isLong: true,
    needs: ['gc'],
    async run(ground, checks) {
      const { ns } = ground;
      const count = 300;
      const refs: Record<string, WeakRef<object>[]> = { targets: [], listeners: [], timeouts: [], intervals: [] };
      (() => {
        for (let n = 0; n < count; n++) {
          const [target, listener, timeout, interval] = [
            new EventTarget(),
            ns.counting_closure(),
            ns.counting_closure(),
            ns.counting_closure(),
          ] as const;
          ns.pass_on('listener', target, listener);
          ns.pass_on('handler', target, listener);
          ns.pass_on('timeout', undefined, timeout);
          clearInterval(ns.pass_on('interval', undefined, interval) as number);
          for (const [name, object] of Object.entries({ targets: target, listeners: listener, timeouts: timeout, intervals: interval })) {
            refs[name]?.push(new WeakRef(object));
          }
        }
      })();
      await milliseconds(20);
      await collect(ground);
      for (const [name, all] of Object.entries(refs)) {
        const alive = all.filter((ref) => ref.deref() !== undefined).length;
        // What the last ones were is still on somebody's stack.
        checks.that('I6', `${name} that nobody holds`, () => alive <= count / 10 || `${alive} of ${count} are kept`);
      }
    },
  },
];

/** An `EventTarget` that knows how many listeners it has. */
class CountingTarget extends EventTarget {
  onevent: unknown = null;
  readonly #listeners = new Map<unknown, number>();
  readonly #keeps: boolean;

  /** @param keeps refuses to let a listener go */
  constructor(keeps = false) {
    super();
    this.#keeps = keeps;
  }

  get size(): number {
    return [...this.#listeners.values()].reduce((sum, count) => sum + count, 0);
  }

  override addEventListener(name: string, listener: EventListener, options?: boolean): void {
    try {
      super.addEventListener(name, listener, options);
    } catch {
      // workerd's take no capturing listeners, nor let go of any.
      return;
    }
    this.#listeners.set(listener, (this.#listeners.get(listener) ?? 0) + 1);
  }

  override removeEventListener(name: string, listener: EventListener, options?: boolean | EventListenerOptions): void {
    if (this.#keeps) throw new Error('kept');
    super.removeEventListener(name, listener, options);
    const left = (this.#listeners.get(listener) ?? 0) - 1;
    if (left > 0) this.#listeners.set(listener, left);
    else this.#listeners.delete(listener);
  }
}

/** Whether the runtime's targets take capturing listeners. */
function takesCapturing(): boolean {
  const listener = (): void => {};
  return thrownBy(() => new EventTarget().addEventListener('event', listener, true)) === undefined;
}

/** Counts the timers that are set, in place of the host's own functions until `restore`. */
class CountedTimers {
  readonly #active = new Set<unknown>();
  readonly #restore: readonly (() => void)[];

  constructor() {
    const { setTimeout: timeout, clearTimeout: clearOne, setInterval: interval, clearInterval: clearMany } = globalThis;
    this.#restore = [
      replaceGlobal('setTimeout', (f: () => void, ms: number) => {
        const id = timeout(() => {
          this.#active.delete(id);
          f();
        }, ms);
        // Timers of no time are not the program's: with them, recovery waits for the next turn of the event loop.
        if (ms > 0) this.#active.add(id);
        return id;
      }),
      replaceGlobal('setInterval', (f: () => void, ms: number) => {
        const id = interval(f, ms);
        this.#active.add(id);
        return id;
      }),
      replaceGlobal('clearTimeout', (id: number) => {
        this.#active.delete(id);
        clearOne(id);
      }),
      replaceGlobal('clearInterval', (id: number) => {
        this.#active.delete(id);
        clearMany(id);
      }),
    ];
  }

  get size(): number {
    return this.#active.size;
  }

  restore(): void {
    for (const restore of this.#restore) restore();
  }
}

/** Sets a property of the global object; gives what puts it back. */
function replaceGlobal(name: string, value: unknown): () => void {
  const globals = globalThis as unknown as Record<string, unknown>;
  const before = globals[name];
  globals[name] = value;
  return () => {
    globals[name] = before;
  };
}

function staleCalls(ns: Fixtures): { readonly stale: unknown[]; stop(): void } {
  const stale: unknown[] = [];
  const stop = ns.__revive.on('stale', (event) => stale.push(event));
  return { stale, stop };
}

/** Waits for timers, up to a second: the machine may be busy. */
async function soon(done: () => boolean): Promise<void> {
  for (let n = 0; n < 200 && !done(); n++) await milliseconds(5);
}

function milliseconds(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
