import type { ClosureState, Host, PromiseExecutor, Thenable, TurnState } from '../contract/contract.js';
import { spaceOf } from '../contract/handle.js';
import type { Failures } from '../failure/failures.js';
import { BlackBoxOffset } from '../module/abi.js';
import { blackBoxView } from '../module/black-box.js';
import { alarm } from '../program/intrinsics.js';
import { type Registry, SharedRegistry, undoableRegistry, withoutFinalizers } from './finalizers.js';
import { handlePromise } from './held.js';
import type { Instance } from './instance.js';
import { EXHAUSTED, foreignHandleError, staleHandleError } from './instance-errors.js';
import type { Closure } from './own-closures.js';

/** Of an instance whose turns nobody hears of. */
const UNHEARD: TurnState = { isCalled: false, hasChanged: false, hasReached: false };

/** What generated code asks of the runtime, for one instance: it passes on what is asked to whoever knows. */
export class InstanceHost implements Host {
  readonly generation: number;
  readonly base: number;
  readonly turns: boolean;
  readonly turn: TurnState;
  readonly exhausted: Error = EXHAUSTED;
  readonly alarm: () => void;
  readonly #instance: Instance;
  readonly #failures: Failures;
  /** Whether the end of the turn is to be heard of. */
  #hasSignalled = false;
  /** Whether Rust has asked for a fresh instance in a turn that may still be undone. */
  #asksForReinit = false;
  /** How many registries the scope has made. */
  #registries = 0;

  constructor(instance: Instance, failures: Failures) {
    this.generation = instance.generation;
    this.base = instance.base;
    this.turns = instance.turns?.areHeard === true;
    this.turn = instance.turns?.state ?? UNHEARD;
    this.#instance = instance;
    this.#failures = failures;
    this.alarm = alarm(() => instance.isWell());
  }

  refuse(entry: number): true {
    return this.#instance.refuse(entry);
  }

  call<A extends unknown[], R>(name: string, run: (...args: A) => R): (...args: A) => R {
    return this.#instance.turns?.call(name, run) ?? run;
  }

  entered(entry: number): void {
    const { turns } = this.#instance;
    // Names are read off the scope when they are needed, which takes a while.
    turns?.entered(turns.areHeard ? this.#instance.entryName(entry) : '');
  }

  returns(result: unknown, name: string): void {
    this.#instance.turns?.returns(result, name);
  }

  left(): void {
    this.#instance.turns?.left();
  }

  threw(error: unknown, entry: number, imports: number): unknown {
    const thrown = this.#failures.threw(error, entry, imports);
    if (imports === 0) this.turnEnded();
    return thrown;
  }

  crossed(error: unknown, deliberate: boolean, imports: number): unknown {
    return this.#failures.crossed(error, deliberate, imports);
  }

  returned(imports: number): void {
    this.#failures.returned(imports);
  }

  unwinding(exception: unknown): unknown {
    return this.#failures.unwinding(exception);
  }

  dropped(result: unknown): unknown {
    handlePromise(result);
    return this.#failures.trap();
  }

  panic(payload: unknown): unknown {
    return this.#failures.panic(payload);
  }

  panicked(): void {
    this.#failures.panicBegins();
  }

  strange(pointer: number, className: string): void {
    const { owner } = this.#instance;
    const space = spaceOf(pointer) ?? 0;
    const other = owner.module.owners.get(space);
    // An instance that ends only at the end of the turn is still known.
    const isStale = other === undefined || other === owner;
    throw isStale
      ? staleHandleError(className, space, owner.name, owner.module.spaces.areReused)
      : foreignHandleError(className, other.name, owner.name);
  }

  promise<T>(executor: PromiseExecutor<T>): Promise<T> {
    return this.#instance.promises.promise(executor);
  }

  promiseOf<T>(executor: PromiseExecutor<T>): Promise<T> {
    return this.#instance.promises.promiseOf(executor);
  }

  construct(target: unknown, args: unknown, ...newTarget: unknown[]): unknown {
    return this.#instance.promises.construct(target, args, ...newTarget);
  }

  constructOf(target: unknown, args: unknown, ...newTarget: unknown[]): unknown {
    return this.#instance.promises.constructOf(target, args, ...newTarget);
  }

  withResolvers(): unknown {
    return this.#instance.promises.withResolvers();
  }

  finalizer(callback: unknown): unknown {
    const { ownClosures, callbacks } = this.#instance;
    return ownClosures.has(callback) ? callbacks.finalizer(callback) : callback;
  }

  changes(putBack: () => void): void {
    this.#instance.undo?.changes(putBack);
  }

  registry(callback?: (held: unknown) => unknown): Registry {
    const { registries } = this.#instance.owner.module;
    // Every scope makes its registries in the same order.
    const place = this.#registries++;
    const { space, callbacks, undo } = this.#instance;
    let own: Registry;
    if (callback === undefined) own = withoutFinalizers();
    else {
      const registry = registries[place] ?? new SharedRegistry();
      registries[place] = registry;
      own = registry.of(space, callbacks.finalizer(this.call('a finalizer', callback)));
    }
    return undo === undefined ? own : undoableRegistry(own, undo, this.base);
  }

  closure<F>(closure: F, state?: ClosureState, form?: number): F {
    const { turns, ownClosures, undo, registrations } = this.#instance;
    if (undo !== undefined) {
      const made = state === undefined || form === undefined ? undefined : { state, form };
      const stale = (): unknown => this.#instance.undoneClosure();
      const undoable = undo.closure(closure as Closure, state, stale, (own, target, event) => registrations.isCalled(own, target, event));
      return ownClosures.add(undoable as F, made);
    }
    return ownClosures.add(turns === undefined ? closure : turns.closure(closure));
  }

  readQueueMicrotask<T>(value: T): T {
    this.#instance.ownClosures.readQueueMicrotask();
    return value;
  }

  resolvedPromise<T>(promise: T, ...values: readonly unknown[]): T {
    const [value, isOlder] = values;
    this.#instance.ownClosures.resolvedPromise(isOlder === true && value === undefined ? promise : undefined);
    if (values.length > 0) this.#instance.promises.resolved(promise, values[0]);
    // What isn't a promise may have a `then` of the program's, which is called.
    if (isObject(values[0]) && promise !== values[0]) this.turn.hasReached = true;
    return promise;
  }

  microtask(callback: unknown, entersAgain: boolean, undone?: unknown): unknown {
    return this.#unlessUndone(this.#instance.callbacks.microtask(callback, entersAgain, undone));
  }

  react(target: Thenable, method: 'then' | 'catch' | 'finally', callbacks: unknown[]): unknown {
    const { callbacks: given, undo, ownClosures } = this.#instance;
    const [executor] = callbacks;
    if (method === 'then' && callbacks.length === 1 && ownClosures.isReactingExecutor(executor, target)) {
      return target.then(this.microtask(executor, false));
    }
    return given.react(target, method, callbacks, undo && (() => undo.awaits()));
  }

  /** What the event loop is to call, unless the turn that has given it was undone. */
  #unlessUndone(callback: unknown): unknown {
    const { undo } = this.#instance;
    if (undo === undefined || typeof callback !== 'function') return callback;
    const spent = undo.awaits();
    return (): unknown => (spent() ? (callback as () => unknown)() : undefined);
  }

  register(target: unknown, method: string, args: unknown[]): unknown {
    return this.#instance.registrations.call(target, method, args);
  }

  setHandler(target: unknown, property: string, handler: unknown, set: (target: unknown, handler: unknown) => unknown): void {
    this.#instance.registrations.setHandler(target, property, handler, set);
  }

  observe(observer: new (...args: unknown[]) => object, args: unknown[]): object {
    return this.#instance.registrations.observe(observer, args);
  }

  reinitRequested(): void {
    const { owner, undo, turns } = this.#instance;
    if (undo === undefined || turns === undefined) {
      owner.reinitRequested(this.#instance);
      return;
    }
    // A turn that is undone has asked for nothing.
    this.#asksForReinit = true;
    turns.state.hasChanged = true;
  }

  signalled(): boolean {
    const { exports, owner, turns } = this.#instance;
    if (exports === undefined) return false;
    if (blackBoxView(exports)?.getUint32(BlackBoxOffset.reinitRequested, true) === 1) this.reinitRequested();
    this.#hasSignalled = owner.signalled(this.#instance) || this.#hasSignalled;
    if (this.#hasSignalled && turns !== undefined) turns.state.hasChanged = true;
    return this.#hasSignalled;
  }

  turnEnded(): void {
    const { owner, undo, turns } = this.#instance;
    // Where turns can be undone, they are over when the call is, and the instance asks then.
    if (undo !== undefined && turns?.areIdle === false) return;
    if (this.#hasSignalled) {
      this.#hasSignalled = false;
      owner.turnEnded(this.#instance);
    }
    if (this.#asksForReinit) {
      this.#asksForReinit = false;
      owner.reinitRequested(this.#instance);
    }
  }
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
