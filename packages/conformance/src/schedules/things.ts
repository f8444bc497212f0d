/** Handles and closures that the program keeps, and uses whatever has become of them. */
import { show } from '../runner/checks.ts';
import type { Counter, Dog, Fixtures, Handle, Point, RustClosure } from '../runner/fixtures.ts';
import type { Expected, Outcome } from './expected.ts';
import type { Failing, Generation } from './generation.ts';
import type { Home } from './home.ts';
import type { OBJECTS, USES } from './steps.ts';
import type { World } from './world.ts';

type How = (typeof USES)[number];

/** Something that was made, and what it must hold as long as its generation serves. */
type Thing = { readonly home: Home; readonly generation: Generation; n: number; gone: boolean; runs: boolean } & (
  | { readonly what: 'counter' | 'twice'; readonly it: Counter }
  | { readonly what: 'dog'; readonly it: Dog }
  | { readonly what: 'point'; readonly it: Point }
  | { readonly what: 'adder'; readonly it: RustClosure<(text: string) => number> }
  | { readonly what: 'failing'; readonly it: RustClosure<(kind: string) => number> }
  | { readonly what: 'once'; readonly it: RustClosure<() => string> }
);

const STALE: Expected = { is: 'error', code: 'REVIVE_STALE_HANDLE' };
const ORDINARY: Expected = { is: 'ordinary-error' };

/** Those that are objects of a class, and of which. */
const HANDLES = { counter: 'Counter', twice: 'Counter', dog: 'Dog', point: 'Point' } as const;

/** See the file. */
export class Things {
  readonly #world: World;
  readonly #things: Thing[] = [];

  readonly #waits: (generation: Generation) => boolean;

  /** @param waits whether a generation has calls in flight that nothing can have settled yet */
  constructor(world: World, waits: (generation: Generation) => boolean) {
    this.#world = world;
    this.#waits = waits;
  }

  make(what: (typeof OBJECTS)[number], home: Home): Outcome {
    const { ns, model } = home;
    const make = {
      counter: () => new ns.Counter(5),
      twice: () => new (twiceOf(ns))(5),
      dog: () => new ns.Dog('Rex'),
      point: () => new ns.Point(3, 4),
      adder: () => ns.length_adder(),
      failing: () => ns.failing_closure(),
      once: () => ns.once('once'),
    }[what];
    const outcome = home.call(`making a ${what}`, make, (_, { value }) =>
      model.outcomeOf((generation) => {
        if (what === 'dog') generation.dogs++;
        return { is: 'value', value };
      }),
    );
    if (!outcome.threw && model.current) {
      this.#checkClass(what, outcome.value, home);
      this.#things.push({
        what,
        home,
        it: outcome.value,
        generation: model.current,
        n: what === 'counter' || what === 'twice' ? 5 : 0,
        gone: false,
        runs: false,
      } as Thing);
    }
    return outcome;
  }

  /** There is one class for all instances. */
  #checkClass(what: (typeof OBJECTS)[number], it: unknown, home: Home): void {
    const name = HANDLES[what as keyof typeof HANDLES];
    if (name === undefined) return;
    const classes: readonly (new (...args: never[]) => object)[] = [home.ns[name], this.#world.default.ns[name]];
    if (!classes.every((one) => it instanceof one)) home.model.violate(`I4: ${show(it)} is no ${name}`);
  }

  /**
   * Uses one of them.
   * @param kind how a closure that can fail is to
   * @param to whom it is given
   */
  use(which: number, how: How, kind: string, to: Home): Outcome | undefined {
    const thing = this.#things[which % Math.max(1, this.#things.length)];
    if (thing === undefined || (thing.gone && !this.#mayAsk)) return undefined;
    // The module is asked for the instance of a handle, which may have to go first.
    if (thing.what in HANDLES && !isGiven(thing, how) && !thing.gone) thing.home.model.departIfDue();
    // Whether it is still there is not known once its calls in flight are due, until the event loop has turned.
    if (thing.generation.state === 'drains' && (this.#world.rules.within > 0 || !this.#waits(thing.generation))) return undefined;
    // Nor whether an evicted one has ended, which is in a microtask: freed before that, it is gone, and after that it is stale.
    if (thing.generation.state === 'replaced' && (how === 'free' || how === 'dispose')) return undefined;
    if (how === 'forget') {
      this.#things.splice(this.#things.indexOf(thing), 1);
      return undefined;
    }
    switch (thing.what) {
      case 'counter':
      case 'twice':
      case 'dog':
      case 'point':
        return how === 'free' || how === 'dispose' ? this.#free(thing, thing.it, how) : this.#handle(thing, how, to);
      default:
        return how === 'free' ? this.#drop(thing) : this.#closure(thing, kind);
    }
  }

  /** Whether it makes no difference which instance is asked of a handle that points nowhere, and whether that counts as a call of it. */
  get #mayAsk(): boolean {
    const { rules, default: own } = this.#world;
    const isUnlimited = rules.consecutiveFailures === Number.POSITIVE_INFINITY && rules.maxRestarts === Number.POSITIVE_INFINITY;
    return rules.most === 1 && (isUnlimited || own.model.current?.served === true);
  }

  #free(thing: Thing, handle: Handle, how: How): Outcome {
    const free = how === 'dispose' && Symbol.dispose !== undefined ? Symbol.dispose : 'free';
    const done: Expected = { is: 'value', value: undefined };
    const entersBy = this.#entersBy(thing);
    const home = this.#asks(thing);
    return home.call(
      `${how}() of a ${thing.what}`,
      () => handle[free](),
      () => {
        // As in wasm-bindgen's own output, freeing twice is an ordinary error.
        if (thing.gone) return { is: 'one-of', of: [done, ORDINARY, ...home.model.refusal] };
        // A stale one stays what it was.
        thing.gone = entersBy === 'façade' || thing.generation.state === 'drains';
        return done;
      },
      undefined,
      entersBy,
    );
  }

  /** A stale handle asks for no instance. One that was freed before it could become stale points nowhere, which says nothing of a generation. */
  #entersBy({ gone, generation, home }: Thing): 'façade' | 'itself' {
    return gone || generation === home.model.current ? 'façade' : 'itself';
  }

  /** Whose instance a method of it asks. One that was freed points nowhere, which is the default instance's to say. */
  #asks({ gone, home }: Thing): Home {
    return gone ? this.#world.default : home;
  }

  #handle(thing: Thing & { what: 'counter' | 'twice' | 'dog' | 'point' }, how: How, to: Home): Outcome {
    if (thing.what === 'point') {
      const { it } = thing;
      if (!isGiven(thing, how)) return this.#method(thing, 'length of a point', () => it.length, 5);
      // In a pool, what is given to a function says where that runs.
      const { rules, pool } = this.#world;
      const isThere = !thing.gone && (thing.generation === thing.home.model.current || thing.generation.state === 'drains');
      const isPooled = rules.isPooled || (rules.most > 1 && pool.includes(thing.home) && pool.includes(to));
      const by = isPooled && isThere ? thing.home : to;
      return this.#uses(thing, by, 'sum_points of a point', () => by.ns.sum_points([it]), 5, true);
    }
    if (thing.what === 'dog') {
      const { it } = thing;
      return this.#method(thing, 'name of a dog', () => it.name, 'Rex');
    }
    const { it } = thing;
    const step = thing.what === 'twice' ? 2 : 1;
    switch (how) {
      case 'use':
        return this.#method(
          thing,
          'inc() of a counter',
          () => it.inc(),
          (thing.n + 1) * step,
          false,
          () => thing.n++,
        );
      case 'give':
        return this.#uses(thing, to, 'a counter given to another', () => this.#add(to, it), thing.n + 1, false);
      case 'consume':
        return this.#method(thing, 'finish() of a counter', () => it.finish(), thing.n, true);
      default:
        return this.#method(thing, 'get() of a counter', () => it.get(), thing.n);
    }
  }

  #add(to: Home, it: Counter): number {
    const other = new to.ns.Counter(1);
    to.model.between();
    return other.add(it);
  }

  #method(thing: Thing, what: string, run: () => unknown, value: unknown, consumes = false, done?: () => void): Outcome {
    return this.#uses(thing, this.#asks(thing), what, run, value, consumes, this.#entersBy(thing), done);
  }

  /**
   * @param by whom it is used
   * @param entersBy a handle that is given to a call says nothing of how that enters
   */
  #uses(
    thing: Thing,
    by: Home,
    what: string,
    run: () => unknown,
    value: unknown,
    consumes: boolean,
    entersBy: 'façade' | 'itself' = 'façade',
    done?: () => void,
  ): Outcome {
    const { model } = by;
    const expected = (): Expected => {
      const { gone, home, generation } = thing;
      if (gone) return { is: 'one-of', of: [ORDINARY, STALE, ...model.refusal] };
      const serves = generation === home.model.current || (by === home && entersBy === 'itself' && generation.state === 'drains');
      if (by !== home) {
        // The default instance has always been.
        if (serves) return { is: 'one-of', of: [foreign(home, by), ...model.refusal] };
        // One that ends only at the end of the turn is still known.
        return { is: 'one-of', of: [STALE, ...(generation.state === 'lost' ? [] : [foreign(home, by)]), ...model.refusal] };
      }
      if (!serves) return { is: 'one-of', of: [STALE, ...model.refusal] };
      if (consumes) thing.gone = true;
      done?.();
      return { is: 'value', value };
    };
    return by.call(what, run, expected, undefined, entersBy);
  }

  #drop(thing: Thing & { what: 'adder' | 'failing' | 'once' }): Outcome | undefined {
    if (thing.gone || thing.it._wbg_cb_unref === undefined) return undefined;
    const outcome = thing.home.call(
      'letting go of a closure',
      () => thing.it._wbg_cb_unref?.(),
      () => ({ is: 'value', value: undefined }),
      undefined,
      'itself',
    );
    // Called after that, a living closure may be freed memory in wasm-bindgen's own output, too.
    this.#things.splice(this.#things.indexOf(thing), 1);
    return outcome;
  }

  #closure(thing: Thing & { what: 'adder' | 'failing' | 'once' }, kind: string): Outcome | undefined {
    const { generation, home } = thing;
    const failing = thing.what === 'failing' && generation.isAlive && !thing.runs ? this.#world.failing(kind) : undefined;
    // Until the microtask that ends a replaced instance, its closures are alive: that one may fail says nothing about the one that serves.
    if (thing.what === 'failing' && generation.state === 'replaced') return undefined;
    const run = { adder: () => this.#call(thing, 'ab'), failing: () => this.#call(thing, kind), once: () => this.#call(thing, '') }[
      thing.what
    ];
    const isStale = generation.state === 'lost';
    // By a listener, while the failure of the closure is on its way out.
    const recursive = thing.runs;
    thing.runs = true;
    if (isStale) home.stale++;
    return home.call(
      `a closure (${thing.what})`,
      run,
      (call, outcome) => {
        thing.runs = recursive;
        if (isStale) return this.#staleClosure;
        if (failing !== undefined) return this.#failed(thing, failing, () => home.model.outcomeOfFailure(call));
        if (generation.state === 'replaced' && isStaleOutcome(outcome)) {
          home.stale++;
          return this.#staleClosure;
        }
        if (recursive) return ORDINARY;
        return this.#served(thing);
      },
      failing,
      'itself',
      generation,
    );
  }

  #failed(thing: Thing, failing: Failing, expected: () => Expected): Expected {
    // A foreign exception leaves the closure borrowed: whoever calls it again, is told so.
    if (failing.class === 'foreign') this.#things.splice(this.#things.indexOf(thing), 1);
    return expected();
  }

  #served(thing: Thing): Expected {
    switch (thing.what) {
      case 'adder':
        thing.n += 2;
        return { is: 'value', value: thing.n };
      case 'once': {
        const first = !thing.gone;
        thing.gone = true;
        return first ? { is: 'value', value: 'once' } : ORDINARY;
      }
      default:
        return { is: 'value', value: ++thing.n };
    }
  }

  get #staleClosure(): Expected {
    return this.#world.rules.staleClosures === 'throw' ? STALE : { is: 'value', value: undefined };
  }

  #call(thing: Thing, argument: string): unknown {
    return (thing.it as unknown as (argument: string) => unknown)(argument);
  }
}

/** Whether it is given to a call, and no method of it is called. */
function isGiven({ what }: Thing, how: How): boolean {
  return (how === 'give' && what !== 'dog') || (how === 'consume' && what === 'point');
}

/** A subclass of the program's. */
function twiceOf({ Counter: Base }: Fixtures): new (n: number) => Counter {
  return class Twice extends Base {
    override inc(): number {
      return super.inc() * 2;
    }
  };
}

/** The refusal of what belongs to another instance, which names both. */
function foreign(owner: Home, given: Home): Expected {
  const [one, other] = [owner, given].map(({ name }) => name.replace('"', '"(?:redacted )?'));
  return { is: 'error', code: 'REVIVE_FOREIGN_HANDLE', message: new RegExp(`belongs to ${one}, not to ${other},`) };
}

function isStaleOutcome({ threw, value }: Outcome): boolean {
  return (!threw && value === undefined) || (threw && (value as { code?: string } | null)?.code === 'REVIVE_STALE_HANDLE');
}
