import type { PromiseExecutor } from '../contract/contract.js';
import type { PanicError, ReviveError } from '../errors.js';
import type { Turn } from '../rollback/undo.js';
import { type Held, handlePromises } from './held.js';
import { type Constructor, InFlight } from './in-flight.js';
import { abandonedError } from './instance-errors.js';
import type { OwnClosures } from './own-closures.js';

/** As in {@link InFlight.look}, where a promise that Rust waits for settles: there may be as many of those as there are calls. */
const MOST_AT_A_REACTION = 8;

/** The promises between an instance and its program: those that Rust owes, and those that it was given. */
export class Promises {
  readonly #own: OwnClosures;
  readonly #inFlight: InFlight;
  /** The values of JavaScript that Rust holds, and the place of the first that isn't a constant. */
  #held: Held | undefined;
  #heldFrom = 0;
  /** Whether Rust can drop them and live on: only what unwinds does. */
  readonly #unwinds: boolean;
  /** What those are settled with that Rust has made of something that is no object. */
  readonly #resolved = new WeakMap<object, readonly [unknown]>();
  /** Whether the last look at promises in flight was at the moment when Rust began to panic. */
  #lookedAtPanic = false;

  /** @param turn see {@link InFlight} */
  constructor(own: OwnClosures, unwinds: boolean, isWithin: () => boolean, turn?: () => Turn) {
    this.#own = own;
    this.#unwinds = unwinds;
    this.#inFlight = new InFlight(isWithin, turn);
  }

  /** The place of the first value of JavaScript's that Rust can come to hold. */
  get heldFrom(): number {
    return this.#heldFrom;
  }

  /** How many Rust has still to settle. */
  get size(): number {
    return this.#inFlight.size;
  }

  /** How many of them are owed to listeners, or within another call. */
  get within(): number {
    return this.#inFlight.within;
  }

  /** Whether there ever was one. */
  get haveBeen(): boolean {
    return this.#inFlight.hasOwed;
  }

  /** See {@link InFlight.whenEmpty}. */
  whenEmpty(run: () => void): void {
    this.#inFlight.whenEmpty(run);
  }

  /** The instance is there. */
  bind(held: Held | undefined): void {
    this.#held = held;
    this.#heldFrom = held?.from ?? held?.length ?? 0;
    this.#inFlight.startAt(this.#heldFrom);
  }

  /** Another table holds the same values in the same places. */
  moved(held: Held | undefined): void {
    this.#held = held;
  }

  /** See {@link InFlight.settles}. */
  settles(value: unknown): boolean {
    return this.#inFlight.settles(value);
  }

  /** Rust has made a promise by `Promise.resolve` of this value. */
  resolved(promise: unknown, value: unknown): void {
    // An object may be a promise itself, or have a `then`.
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') return;
    this.#resolved.set(promise as object, [value]);
  }

  /** What a promise is settled with, in a list of one; undefined where that isn't known. */
  settledWith(promise: unknown): readonly [unknown] | undefined {
    return this.#resolved.get(promise as object);
  }

  /** See `Host.promise`. */
  promise<T>(executor: PromiseExecutor<T>): Promise<T> {
    return this.#inFlight.promise(executor);
  }

  /** See `Host.promiseOf`. */
  promiseOf<T>(executor: PromiseExecutor<T>): Promise<T> {
    return this.#own.has(executor) ? this.promise(executor) : new Promise(executor);
  }

  /** See `Host.construct`. */
  construct(target: unknown, args: unknown, ...newTarget: unknown[]): unknown {
    return this.#inFlight.construct(target, args, ...newTarget);
  }

  /** See `Host.constructOf`. */
  constructOf(target: unknown, args: unknown, ...newTarget: unknown[]): unknown {
    const isOwn = Array.isArray(args) && this.#own.has(args[0]);
    if (isOwn) return this.construct(target, args, ...newTarget);
    return Reflect.construct(target as Constructor, args as unknown[], ...(newTarget as [])) as unknown;
  }

  /** See `Host.withResolvers`. */
  withResolvers(): unknown {
    return this.#inFlight.withResolvers();
  }

  /** Notes which promises Rust could settle as it is entered. */
  turnBegins(isReaction: boolean): void {
    this.#look(isReaction ? MOST_AT_A_REACTION : undefined);
  }

  /** Notes the same as Rust begins to panic. */
  panicBegins(): void {
    this.#look();
    this.#lookedAtPanic = true;
  }

  #look(most?: number): void {
    if (!this.#unwinds || this.#inFlight.size === 0 || this.#held === undefined) return;
    try {
      this.#inFlight.look(this.#held, most);
    } catch {
      // No stack left.
    }
  }

  /**
   * Notes which promises Rust can't settle any more, where there has been a look since this turn began.
   * @param isLookedAt whether the event loop entered, which is looked at
   */
  noteDropped(by: PanicError, isLookedAt: boolean): void {
    if (this.#held !== undefined && (this.#lookedAtPanic || isLookedAt)) this.#inFlight.noteDropped(this.#held, by);
    this.#lookedAtPanic = false;
  }

  /**
   * A task that has failed is about to be dropped, by an instance that goes on. What it holds to settle promises is dropped with it. Gives what rejects those
   * when it was.
   */
  drops(failure: ReviveError): () => void {
    const held = this.#held;
    if (held === undefined) return () => {};
    const before = this.#inFlight.heldIn(held);
    return () => {
      if (before.size > 0 && this.#held === held) this.#inFlight.rejectDropped(before, held, () => abandonedError(failure));
    };
  }

  /** Rejects those that a panic has left without anybody to settle them. */
  rejectAbandoned(by: PanicError): void {
    this.#inFlight.rejectAbandoned(by, () => abandonedError(by));
  }

  /** See {@link InFlight.isNewest}. */
  isNewest(value: unknown): boolean {
    return this.#inFlight.isNewest(value);
  }

  /** See {@link InFlight.rejectOf}. */
  rejectOf(turn: Turn | undefined, reason: () => unknown): void {
    this.#inFlight.rejectOf(turn, reason);
  }

  /** Rejects all that are owed, by an instance that goes on. */
  rejectOwed(reason: () => unknown): void {
    this.#inFlight.rejectAll(reason);
  }

  /** The instance is lost: rejects what it owes, marks what it was given as handled, and lets go of both. */
  rejectAll(reason: () => unknown): void {
    if (this.#held !== undefined) handlePromises(this.#held, this.#heldFrom);
    this.#held = undefined;
    this.#inFlight.rejectAll(reason);
  }
}
