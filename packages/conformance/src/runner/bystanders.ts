/** What else lives on an instance when it fails: handles, closures, state and calls in flight, none of which did anything wrong. */
import { type Checks, codeOf, show } from './checks.ts';
import type { Counter, Dog, Fixtures, Point, RustClosure, Ticker } from './fixtures.ts';
import type { Probe } from './probe.ts';
import { type Deferred, deferred, type Runtime, until, Watched } from './runtime.ts';

const subclasses = new WeakMap<object, new (n: number) => Counter>();

/** Whether constructors make objects of the class that they are called for: those of 0.2.84 make objects of their own class. */
function isSubclassed(ns: Fixtures): boolean {
  return ns.older_wasm_bindgen?.() !== '0.2.84';
}

/** What the first `inc()` of one that began at 40 gives. */
function ofSubclass(ns: Fixtures): number {
  return isSubclassed(ns) ? 1041 : 41;
}

/** A user's subclass of an exported class; the same one for all generations. */
export function userSubclass(ns: Fixtures): new (n: number) => Counter {
  let subclass = subclasses.get(ns.Counter);
  if (subclass === undefined) {
    subclass = class extends ns.Counter {
      override inc(): number {
        return super.inc() + 1000;
      }
    };
    subclasses.set(ns.Counter, subclass);
  }
  return subclass;
}

/** Longer than the memory that a fresh instance has to spare. */
const LONG = 'añ😀'.repeat(100_000);

/** See the file. Made before the failure; afterwards either {@link checkKept} or {@link checkLost} has to hold. */
export class Bystanders {
  readonly #ns: Fixtures;
  readonly #probe: Probe;
  readonly #runtime: Runtime;
  readonly #counter: Counter;
  readonly #point: Point;
  readonly #mine: Counter;
  readonly #dog: Dog;
  readonly #ticker: Ticker;
  readonly #tick: RustClosure<() => number>;
  readonly #adder: RustClosure<(text: string) => number>;
  readonly #once: RustClosure<() => string>;
  readonly #count: number;
  readonly #calls: number;
  readonly #gate: Deferred<string> = deferred();
  readonly #inFlight: { readonly name: string; readonly watched: Watched; readonly value: unknown }[] = [];
  readonly #tasksBefore: number;
  #nextCalls = 0;

  constructor(ns: Fixtures, runtime: Runtime, probe: Probe, company: boolean) {
    this.#ns = ns;
    this.#runtime = runtime;
    this.#probe = probe;
    this.#counter = new ns.Counter(5);
    this.#counter.inc();
    this.#point = new ns.Point(3, 4);
    this.#mine = new (userSubclass(ns))(40);
    this.#dog = new ns.Dog('Rex');
    this.#ticker = new ns.Ticker(10);
    this.#tick = this.#ticker.tick;
    this.#adder = ns.length_adder();
    this.#adder('abc');
    this.#once = ns.once('once');
    ns.remember('key', 'value');
    this.#count = ns.bump();
    this.#calls = ns.bump_static();
    this.#tasksBefore = ns.tasks_finished();
    if (company) this.#putInFlight();
  }

  /** How many calls are in flight. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  #putInFlight(): void {
    const ns = this.#ns;
    const add = (name: string, promise: Promise<unknown>, value: unknown): void => {
      this.#inFlight.push({ name, watched: new Watched(promise), value });
    };
    add('async function', ns.wait_for(this.#gate.promise), 'opened');
    add('promise made by Rust', ns.promise_of(this.#gate.promise), 'opened');
    add(
      'async function that calls back',
      ns.wait_often(() => {
        this.#nextCalls++;
        return this.#gate.promise;
      }, 2),
      2,
    );
    // Nobody looks at this one: its rejection must not end the process.
    void ns.wait_for(this.#gate.promise);
    ns.spawn_after(this.#gate.promise);
  }

  /** The failure was no end: everything is as it was, and works. @param bumped how often the failing call itself has counted up */
  async checkKept(checks: Checks, bumped: number): Promise<void> {
    const ns = this.#ns;
    checks.equal('I7', 'a thread-local is as Rust left it', () => ns.count(), this.#count + bumped);
    checks.equal('I7', 'a static is as Rust left it', () => ns.bump_static(), this.#calls + 1);
    checks.equal('I7', 'the heap is as Rust left it', () => ns.recall('key'), 'value');
    checks.equal('I2', 'a handle goes on working', () => this.#counter.inc(), 7);
    checks.equal('I2', "a handle of a user's subclass goes on working", () => this.#mine.inc(), ofSubclass(ns));
    checks.equal('I2', 'a handle of a derived class goes on working', () => this.#dog.bark(), 'Rex 1');
    checks.equal('I2', 'a closure goes on working', () => this.#adder('de'), 5);
    checks.equal('I2', 'a closure that a handle owns goes on working', () => this.#tick(), 11);
    checks.equal('I2', 'a closure that works once goes on working', () => this.#once(), 'once');
    for (const { name, watched } of this.#inFlight) {
      checks.equal('I2', `in flight, ${name}: still in flight`, () => watched.state, 'pending');
    }
    this.#gate.resolve('opened');
    await until(this.#runtime, () => this.#inFlight.every(({ watched }) => watched.state !== 'pending'));
    for (const { name, watched, value } of this.#inFlight) {
      checks.that(
        'I2',
        `in flight, ${name}: resolves`,
        () => (watched.state === 'resolved' && watched.value === value) || describe(watched),
      );
    }
    if (this.inFlight > 0) {
      checks.equal('I2', 'a task that was waiting ends', () => ns.tasks_finished(), this.#tasksBefore + 1);
    }
    this.#free();
  }

  /** The instance was lost: calls in flight were told, nothing of it runs, and what pointed into it is inert. */
  async checkLost(checks: Checks, bumped: number): Promise<void> {
    await until(this.#runtime, () => this.#inFlight.every(({ watched }) => watched.state !== 'pending'));
    for (const { name, watched } of this.#inFlight) {
      checks.that('I2', `in flight, ${name}: rejected with REVIVE_INSTANCE_LOST`, () => isLost(watched) || describe(watched));
      checks.that('I5', `in flight, ${name}: settles`, () => watched.state !== 'pending' || 'pending');
    }
    checks.equal('I7', 'the start function ran once in the new instance', () => this.#ns.starts(), 1);
    checks.equal('I7', 'a thread-local is at its initial value', () => this.#ns.count(), 100 + bumped);
    checks.equal('I7', 'a static is at its initial value', () => this.#ns.bump_static(), 1);
    checks.equal('I7', 'the heap is empty', () => this.#ns.notes(), 0);
    // What the lost instance was waiting for happens only now: it reaches nobody.
    const [nextCalls, tasks] = [this.#nextCalls, attempt(() => this.#ns.tasks_finished())];
    this.#gate.resolve('too late');
    await this.#runtime.turn();
    await this.#runtime.turn();
    checks.equal('I3', 'a task of the lost instance does not call back any more', () => this.#nextCalls, nextCalls);
    checks.equal('I3', 'a task of the lost instance does not end in the new one', () => this.#ns.tasks_finished(), tasks);
  }

  /** After {@link checkLost}: old objects, in every use they have, beside live ones of the new instance that they must not touch. */
  checkStale(checks: Checks): void {
    const ns = this.#ns;
    const live = [1, 2, 3, 4].map((n) => new ns.Counter(n));
    const failures = attempt(() => ns.__revive.stats.failures);
    const [first, second, third] = live as [Counter, Counter, Counter];
    const stale = (what: string, use: () => unknown): void => checks.throwsCode('I4', `stale ${what}`, use, 'REVIVE_STALE_HANDLE');
    stale('handle: method', () => this.#counter.inc());
    stale('handle: async method', () => this.#counter.later());
    stale('handle: getter', () => this.#counter.value);
    stale('handle: setter', () => {
      this.#counter.value = 9;
    });
    stale('handle: field', () => this.#counter.step);
    stale('handle: field that is cloned', () => this.#counter.label);
    stale('handle: setting a field', () => {
      this.#counter.step = 9;
    });
    stale('handle: method that takes a live one', () => this.#counter.add(first));
    stale('handle: method that would consume it', () => this.#counter.finish());
    stale("handle of a user's subclass: method", () => this.#mine.inc());
    stale('handle of a derived class: inherited method', () => this.#dog.rename('Max'));
    stale('handle of a derived class: inherited getter', () => this.#dog.name);
    stale('handle of a derived class: own method', () => this.#dog.bark());
    stale('handle: toJSON', () => this.#point.toJSON());
    stale('handle: getter of a closure', () => this.#ticker.tick);
    stale('argument by reference', () => first.add(this.#counter));
    stale('argument by mutable reference', () => first.drain(this.#counter));
    stale('argument by value', () => first.eat(this.#counter));
    stale('optional argument', () => first.eat_maybe(this.#counter));
    stale('optional argument of a function', () => ns.maybe_point(this.#point));
    stale('argument whose pointer Rust reads', () => ns.length_by_pointer(this.#point));
    stale('argument in an array', () => ns.sum_points([new ns.Point(1, 0), this.#point]));
    checks.equal('I2', 'stale arguments are no failure of the new instance', () => ns.__revive.stats.failures, failures);
    stale("argument, a user's subclass", () => first.add(this.#mine));

    checks.equal('I4', 'a stale closure returns undefined', () => this.#adder('abc'), undefined);
    checks.equal('I4', 'a stale closure that a handle owned returns undefined', () => this.#tick(), undefined);
    checks.equal('I4', 'a stale closure that works once returns undefined', () => this.#once(), undefined);
    checks.equal('I4', 'a stale closure that Rust calls returns undefined', () => live[3]?.with(this.#tick), undefined);

    const entered = this.#probe.entries();
    const handles = [this.#counter, this.#point, this.#mine, this.#dog, this.#ticker];
    checks.quiet('I4', 'free() of stale handles', () => handles.map((handle) => handle.free()));
    checks.quiet('I4', 'free() of stale handles, again', () => handles.map((handle) => handle.free()));
    checks.quiet('I4', 'Symbol.dispose of stale handles', () => {
      if (Symbol.dispose !== undefined && ns.older_wasm_bindgen === undefined) for (const handle of handles) handle[Symbol.dispose]();
    });
    checks.quiet('I4', 'letting go of stale closures', () => {
      for (const closure of [this.#adder, this.#tick, this.#once]) closure._wbg_cb_unref?.();
    });
    checks.equal('I4', 'freeing stale objects enters no instance', () => this.#probe.entries(), entered);

    const late = [6, 7].map((n) => new ns.Counter(n));
    const values = (): string => [...live, ...late].map((counter) => counter.get()).join();
    checks.equal('I4', 'live handles kept their values', values, '1,2,3,5,6,7');
    checks.equal('I4', 'of a live handle, Rust can read the pointer', () => ns.length_by_pointer(new ns.Point(3, 4)), 5);
    checks.equal('I4', 'live handles work together', () => third.add(second), 5);
    checks.that('I7', 'handles of both generations are instances of the same class', () => {
      return [first, ns.Counter.of(1), this.#counter].every((counter) => counter instanceof ns.Counter);
    });
    const Mine = userSubclass(ns);
    const mine = attempt(() => new Mine(40)) as Counter;
    checks.equal('I7', "a user's subclass works on the new instance", () => mine.inc(), ofSubclass(ns));
    checks.that('I7', "instances of a user's subclass are instances of it", () => {
      return mine instanceof Mine === isSubclassed(ns) && mine instanceof ns.Counter;
    });
    checks.equal('I7', 'a derived class works on the new instance', () => new ns.Dog('Ada').bark(), 'Ada 1');
    // Note: glue of 0.2.84 gives Rust a text that isn't ASCII with another capacity than it has, and Rust aborts when it frees that.
    const text = isSubclassed(ns) ? LONG : 'l'.repeat(LONG.length);
    checks.equal('I7', 'text that makes the new memory grow comes back whole', () => ns.echo(text) === text, true);
    checks.equal('I7', 'a new closure works', () => ns.length_adder()('ab'), 2);
    for (const counter of [...live, ...late, mine]) attempt(() => counter.free());
  }

  #free(): void {
    for (const handle of [this.#counter, this.#point, this.#mine, this.#dog, this.#ticker]) attempt(() => handle.free());
    this.#adder._wbg_cb_unref?.();
  }
}

function isLost({ state, value }: Watched): boolean {
  return (
    state === 'rejected' &&
    codeOf(value) === 'REVIVE_INSTANCE_LOST' &&
    value instanceof Error &&
    'retryable' in value &&
    typeof value.retryable === 'boolean'
  );
}

function describe({ state, value }: Watched): string {
  return state === 'pending' ? 'pending' : `${state}: ${show(value)}`;
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
