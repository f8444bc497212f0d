import type { PromiseExecutor } from '../contract/contract.js';
import { isReviveError, type PanicError } from '../errors.js';
import { apply, whenSettled } from '../program/intrinsics.js';
import { lookAt } from '../program/thrown.js';
import type { Turn } from '../rollback/undo.js';
import type { Held } from './held.js';

/** With more promises in flight than this, none is looked for (a look at one costs 25–45 ns, measured on V8). */
const MOST_LOOKED_AT = 64;

/** How many places are searched at most, and how much of that each look gives back: on average, a turn pays for no more than these. */
const MOST_SEARCHED = 4_096;
const SEARCHED_A_LOOK = 2;

/** Where a promise's functions are: not looked for yet, or Rust doesn't hold them. */
const UNKNOWN = -1;
const NOWHERE = -2;

/**
 * `new Promise(executor)`, where that can be by a function of the engine's own.
 *
 * Note: workerd notes for each promise whose request it is, and has that request go on when another one settles it; a lost instance's calls are
 * rejected from the request that failed. Of `new Promise` in code that V8 has optimised it notes nothing (seen on workerd 2026-04-26, after some
 * 15,000 calls): then the request that waited would go on as a part of the one that failed.
 */
function newPromise<T>(executor: PromiseExecutor<T>): Promise<T> {
  const { withResolvers } = Promise as unknown as { readonly withResolvers?: () => Resolvers };
  if (typeof withResolvers !== 'function') return new Promise<T>(executor);
  const { promise, resolve, reject } = apply(withResolvers, Promise, []) as Resolvers;
  executor(resolve, reject);
  return promise as Promise<T>;
}

/**
 * The promises that an instance has to settle. Each is rejected when the instance is lost, so that nobody waits for the dead.
 * They are caught where Rust makes them (js-sys `Promise::new`, on which wasm-bindgen-futures' `future_to_promise` stands, and its like),
 * so their identity is what the program expects and a synchronous call pays nothing.
 *
 * A panic that is caught may have dropped what was to settle one of them. That is known at once of a promise whose functions Rust held when
 * the turn began, or, with the unwind-catcher crate, when Rust began to panic, and holds no longer. Of a promise whose functions Rust had
 * given away before, to a timer for example, nothing is concluded (I2). For what is not known so, because the caller entered by a plain
 * call or because too many are in flight, the garbage collector tells later.
 */
export class InFlight {
  readonly #owed = new Set<Owed>();
  readonly #isWithin: () => boolean;
  readonly #turn: () => Turn | undefined;
  #within = 0;
  /** The one that was made last, while it is owed. */
  #newest: Owed | undefined;
  /** Whether there ever was one. */
  hasOwed = false;
  /** What settles the promise whose executor is running. */
  #making: Given | undefined;
  /** The place of the first value that is Rust's own. */
  #from = 0;
  #looks = 0;
  #maySearch = MOST_SEARCHED;
  /** Where a function was found last. Rust uses a place again as soon as it is free. */
  #lastPlace = 0;
  /** Those who wait until none is left. */
  #waiting: (() => void)[] | undefined;

  /**
   * @param isWithin whether a promise that is made now is owed to a listener, or within another call
   * @param turn the one that is running, where turns can be undone
   */
  constructor(isWithin: () => boolean = () => false, turn: () => Turn | undefined = () => undefined) {
    this.#isWithin = isWithin;
    this.#turn = turn;
  }

  /** Whether a function settles the promise that Rust is just making: with the instance lost, it settles nothing any more. */
  settles(value: unknown): boolean {
    return this.#making !== undefined && (value === this.#making.resolve || value === this.#making.reject);
  }

  get size(): number {
    return this.#owed.size;
  }

  /** How many of them are owed to listeners, or within another call. */
  get within(): number {
    return this.#within;
  }

  /** Calls as soon as none is left: at once, or when the last one settles. */
  whenEmpty(run: () => void): void {
    if (this.size === 0) run();
    else this.#waiting = [...(this.#waiting ?? []), run];
  }

  /** Sets the place of the first value that is Rust's own. */
  startAt(place: number): void {
    this.#from = place;
  }

  /** `new Promise(executor)`, remembered until it is resolved or rejected. */
  promise<T>(executor: PromiseExecutor<T>): Promise<T> {
    // The engine says what is wrong with it.
    if (typeof executor !== 'function') return new Promise<T>(executor);
    return this.#construct(newPromise, executor);
  }

  /** `Reflect.construct(target, args, newTarget)`, remembered where it makes a promise of a class of this realm. */
  construct(target: unknown, args: unknown, ...newTarget: unknown[]): unknown {
    const [executor, ...others] = Array.isArray(args) ? (args as unknown[]) : [];
    const construct = (list: unknown): unknown =>
      Reflect.construct(target as Constructor, list as unknown[], ...(newTarget as [])) as unknown;
    if (typeof executor !== 'function' || !makesPromises(target)) return construct(args);
    return this.#construct((own) => construct([own, ...others]) as Promise<unknown>, executor as PromiseExecutor<unknown>);
  }

  /** `Promise.withResolvers()`, remembered as well. Throws where the engine doesn't have it. */
  withResolvers(): Resolvers {
    const { promise, ...settle } = (Promise as unknown as { withResolvers(): Resolvers }).withResolvers();
    const given = this.#owe(promise, settle);
    const { resolve, reject } = given;
    given.record = { promise, resolve, reject };
    return given.record;
  }

  #construct<T>(make: (own: PromiseExecutor<T>) => Promise<T>, executor: PromiseExecutor<T>): Promise<T> {
    let settle: Settle | undefined;
    let isMade = false;
    const promise = make((resolve, reject) => {
      // A subclass may call its executor whenever it likes.
      if (isMade) executor(resolve, reject);
      else settle = { resolve: resolve as Settle['resolve'], reject };
    });
    isMade = true;
    if (settle === undefined) return promise;
    const given = this.#owe(promise, settle);
    const outer = this.#making;
    this.#making = given;
    try {
      executor(given.resolve, given.reject);
    } catch (error) {
      // As `new Promise` has it: an executor that throws rejects.
      given.reject(error);
    } finally {
      this.#making = outer;
    }
    return promise;
  }

  #owe(promise: Promise<unknown>, settle: Settle): Given {
    const owed: Owed = {
      promise,
      reject: settle.reject,
      turn: this.#turn(),
      isWithin: this.#isWithin(),
      given: undefined,
      place: UNKNOWN,
      heldAt: -1,
      droppedBy: undefined,
      abandoned: undefined,
    };
    // Note: each of the two functions keeps all of it alive.
    const given: Given = {
      settle,
      record: undefined,
      resolve: (value) => {
        this.#settled(owed);
        given.settle.resolve(value);
      },
      reject: (reason) => {
        this.#settled(owed);
        given.settle.reject(reason);
        if (isReviveError(reason)) markHandled(promise);
      },
    };
    owed.given = given;
    this.#owed.add(owed);
    this.#newest = owed;
    if (owed.isWithin) this.#within++;
    this.hasOwed = true;
    return given;
  }

  /** Whether a value is the promise that was made last, in the turn that is running, and is owed still. */
  isNewest(value: unknown): boolean {
    return this.#newest !== undefined && value === this.#newest.promise && this.#newest.turn === this.#turn();
  }

  /** Rejects those that came to be in a turn. */
  rejectOf(turn: Turn | undefined, reason: () => unknown): void {
    for (const owed of [...this.#owed].filter((owed) => turn !== undefined && owed.turn === turn)) this.#abandon(owed, reason());
  }

  /** Rejects all of them, each with its own error. Returns how many there were. */
  rejectAll(reason: () => unknown): number {
    const lost = [...this.#owed];
    for (const owed of lost) {
      this.#settled(owed);
      owed.reject(reason());
      markHandled(owed.promise);
    }
    return lost.length;
  }

  /**
   * A turn begins, or Rust begins to panic: notes of which promises Rust holds a function.
   * @param most with more promises in flight than this, none is looked for
   */
  look(held: Held, most: number = MOST_LOOKED_AT): void {
    const { size } = this.#owed;
    if (size === 0) return;
    this.#looks++;
    this.#maySearch = Math.min(this.#maySearch + SEARCHED_A_LOOK, MOST_SEARCHED);
    if (size > most) return;
    const sought: Owed[] = [];
    for (const owed of this.#owed) {
      if (owed.place === NOWHERE) continue;
      if (owed.place === UNKNOWN) owed.place = this.#lastPlace;
      if (isOf(owed, held.get(owed.place))) owed.heldAt = this.#looks;
      else sought.push(owed);
    }
    if (sought.length === 0 || held.length - this.#from > this.#maySearch) return;
    this.#maySearch -= this.#search(sought, held);
    for (const owed of sought) owed.heldAt = owed.place === NOWHERE ? -1 : this.#looks;
  }

  /** Rust has panicked, and unwound: notes which promises have lost their functions since the last look. */
  noteDropped(held: Held, by: PanicError): void {
    const missing = [...this.#owed].filter((owed) => owed.heldAt === this.#looks && !isOf(owed, held.get(owed.place)));
    if (missing.length === 0) return;
    this.#search(missing, held);
    for (const owed of missing) if (owed.place === NOWHERE) owed.droppedBy = by;
  }

  /** Looks through all that Rust holds, until every one has been found. Returns how many places it looked at. */
  #search(sought: readonly Owed[], held: Held): number {
    for (const owed of sought) owed.place = NOWHERE;
    let missing = sought.length;
    let place = this.#from;
    for (const { length } = held; place < length && missing > 0; place++) {
      const value = held.get(place);
      if (typeof value !== 'function' && typeof value !== 'object') continue;
      const owed = sought.find((candidate) => isOf(candidate, value));
      if (owed === undefined) continue;
      if (owed.place === NOWHERE) missing--;
      owed.place = place;
      this.#lastPlace = place;
    }
    return place - this.#from;
  }

  /** Those of which Rust holds a function. */
  heldIn(held: Held): ReadonlySet<Owed> {
    const found = new Set<Owed>();
    if (this.#owed.size === 0) return found;
    const settling = new Map<unknown, Owed>();
    for (const owed of this.#owed) {
      const given = givenOf(owed);
      if (given === undefined) continue;
      settling.set(given.resolve, owed).set(given.reject, owed);
      if (given.record !== undefined) settling.set(given.record, owed);
    }
    for (let place = this.#from, { length } = held; place < length; place++) {
      const owed = settling.get(held.get(place));
      if (owed !== undefined) found.add(owed);
    }
    return found;
  }

  /** Rejects those of which Rust held a function, has dropped it by now, and has settled nothing by it, each with its own error. */
  rejectDropped(before: ReadonlySet<Owed>, held: Held, reason: () => unknown): void {
    const still = this.heldIn(held);
    for (const owed of before) if (this.#owed.has(owed) && !still.has(owed)) this.#abandon(owed, reason());
  }

  /**
   * Rejects those that a panic has left without anybody to settle them, each with its own error. Those of which that isn't known are rejected
   * when their functions are garbage.
   */
  rejectAbandoned(by: PanicError, reason: () => unknown): void {
    for (const owed of this.#owed) {
      if (owed.droppedBy === by) this.#abandon(owed, reason());
      else if (owed.abandoned === undefined) this.#watch(owed, reason);
    }
  }

  #abandon(owed: Owed, reason: unknown): void {
    this.#settled(owed);
    owed.reject(reason);
    markHandled(owed.promise);
  }

  #watch(owed: Owed, reason: () => unknown): void {
    // Note: Workers with an old compatibility date have neither weak references nor finalizers.
    const given = givenOf(owed);
    if (given === undefined || typeof WeakRef !== 'function') return;
    owed.given = new WeakRef(given);
    owed.abandoned = () => this.#abandon(owed, reason());
    // Nothing that the registry holds may lead to the instance, whose table of references holds the functions: neither would ever be
    // garbage. The reason does: the stack of a panic holds its Wasm frames until somebody reads it.
    whenGarbage().register(given, new WeakRef(owed), owed);
  }

  /** Whatever happens to it from now on is nobody's concern here. Lets go of all that may hold the instance: JavaScript may keep the functions. */
  #settled(owed: Owed): void {
    if (this.#owed.delete(owed) && owed.isWithin) this.#within--;
    if (this.#newest === owed) this.#newest = undefined;
    owed.given = undefined;
    owed.droppedBy = undefined;
    if (owed.abandoned !== undefined) whenGarbage().unregister(owed);
    owed.abandoned = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined || this.size > 0) return;
    this.#waiting = undefined;
    for (const run of waiting) run();
  }
}

/** What `Reflect.construct` takes. */
export type Constructor = Parameters<typeof Reflect.construct>[0];

/** What settles a promise. */
interface Settle {
  readonly resolve: (value?: unknown) => void;
  readonly reject: (reason?: unknown) => void;
}

/** What `Promise.withResolvers` gives. */
export interface Resolvers extends Settle {
  readonly promise: Promise<unknown>;
}

/** What Rust is given to settle a promise with. It lives as long as somebody has one of the two functions. */
interface Given extends Settle {
  /** The engine's own. */
  readonly settle: Settle;
  /** What Rust takes the functions out of, if it does. */
  record: Resolvers | undefined;
}

/** A promise that has not been settled yet. */
interface Owed {
  /** In which it came to be. */
  readonly turn: Turn | undefined;
  readonly promise: Promise<unknown>;
  readonly reject: (reason: unknown) => void;
  readonly isWithin: boolean;
  /** Weakly, once the collector is asked. */
  given: Given | WeakRef<Given> | undefined;
  /** Where Rust holds one of the functions. */
  place: number;
  /** At which look that was seen last. */
  heldAt: number;
  /** The panic that has dropped them. */
  droppedBy: PanicError | undefined;
  /** What is done when they are garbage, once the collector is asked. */
  abandoned: (() => void) | undefined;
}

function givenOf({ given }: Owed): Given | undefined {
  return given !== undefined && 'deref' in given ? given.deref() : given;
}

/** Whether a value is one by which the promise can be settled. */
function isOf(owed: Owed, value: unknown): boolean {
  const given = givenOf(owed);
  return given !== undefined && value !== undefined && (value === given.resolve || value === given.reject || value === given.record);
}

/** Whether it is a class of promises. */
function makesPromises(target: unknown): boolean {
  return typeof target === 'function' && lookAt(() => target === Promise || target.prototype instanceof Promise, false);
}

let registry: FinalizationRegistry<WeakRef<Owed>> | undefined;

/** One for all, which never becomes garbage: see `SharedRegistry`. */
function whenGarbage(): FinalizationRegistry<WeakRef<Owed>> {
  registry ??= new FinalizationRegistry((owed) => owed.deref()?.abandoned?.());
  return registry;
}

/**
 * A rejection that nobody awaits must not end the process: it has been reported already. Whoever does await it still gets it.
 *
 * Note: of a promise that has been rejected already, where that can be. To look on makes another promise, which in workerd is the present request's; one that
 * another request makes would be settled from there, and workerd warns of that once the present one is over.
 */
export function markHandled(promise: unknown): void {
  try {
    whenSettled(promise as Promise<unknown>, undefined, () => {});
  } catch {
    // No promise.
  }
}
