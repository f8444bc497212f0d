import { forgetPanic, forgetRunning, readBlackBox } from './black-box.js';
import { Callbacks } from './callbacks.js';
import { complain } from './complain.js';
import { type Crossed, Crossings } from './crossings.js';
import { PanicError, ReviveError } from './errors.js';
import type { ExceptionHandling } from './exception-handling.js';
import type { Aborted, Failure, Recovery, Unwound } from './failure.js';
import { type Registry, SharedRegistry } from './finalizers.js';
import { pointerBase, pointerGeneration } from './handle.js';
import { type Held, handlePromise, handlePromises } from './held.js';
import { type Constructor, InFlight } from './in-flight.js';
import { abandonedError, EXHAUSTED, lostError, staleError, staleHandleError } from './instance-errors.js';
import { define, inMicrotask, is, store, whenSettled } from './intrinsics.js';
import { type Closure, OwnClosures } from './own-closures.js';
import { countPanicDown, isLeftPanicking, type PanicPhase, readPanicPhase } from './panicking.js';
import { type CaughtPanic, Panics } from './panics.js';
import type { Hooks, InstanceState, InstanceView, Thrown } from './plugin.js';
import { realTrap } from './real-trap.js';
import { Registrations } from './registrations.js';
import { type Build, type CrashReport, describeFailure, isOfProgram, type Redact, safely } from './report.js';
import type { Entry, Factory, Formatters, Host, PromiseExecutor, Scope, Thenable } from './scope.js';
import { StackPointers, stackPointerNames } from './stack-pointers.js';
import { hasStackRoom } from './stack-room.js';
import { describeThrown, lookAt } from './thrown.js';
import { writeReport } from './write-report.js';

/** As {@link InFlight.look}, where a promise that Rust waits for settles: there may be as many of those as there are calls. */
const MOST_AT_A_REACTION = 8;

/** What an instance tells the one that owns it. */
export interface Owner {
  /** The name of the module, for messages. */
  readonly moduleName: string;
  readonly entries: readonly Entry[];
  /** Which build of it, where that is known. */
  readonly build: Build | undefined;
  readonly hooks: Hooks;
  /** What writes the arguments of Rust's messages, where the module has names. */
  readonly formatters: Formatters | undefined;
  /** Where Rust counts the panics that go on, as an address; undefined where that isn't known. */
  readonly panicCount: number | undefined;
  /** What the module needs of the engine for exceptions; undefined where it catches nothing: under panic=abort. */
  readonly exceptions: ExceptionHandling | undefined;
  /** What the program takes out of messages and breadcrumbs. */
  readonly redact: Redact | undefined;
  /** The finalizers of all generations, by their place in the glue. */
  readonly registries: SharedRegistry[];
  /** The exports of the module that are stack pointers, once an instance of it has been looked at. */
  stackPointers?: readonly string[];
  /** A failure that was classified and decided. For any recovery but `keep` the instance is lost when this is called. */
  failed(instance: Instance, report: CrashReport): void;
  /** An instance may have been left panicking, which can be told when no frame of it is left: whoever calls next is to ask whether it is well. */
  suspected(instance: Instance): void;
  /** Rust, or the program, asked for a fresh instance. */
  reinitRequested(instance: Instance): void;
  /** A closure of a lost instance was called. True: the call is to throw. */
  staleClosureCalled(instance: Instance, entrypoint: string): boolean;
}

/**
 * One instance and its glue scope: the host of generated code. It notices failures where they happen (at the innermost guard),
 * classifies them through the hooks, and from the moment it is lost lets nothing of it run (invariant I3).
 */
export class Instance implements Host, InstanceView {
  readonly generation: number;
  readonly base: number;
  readonly exhausted: Error = EXHAUSTED;
  readonly alarm: () => void;
  readonly owner: Owner;
  readonly scope: Scope;
  readonly turns: boolean;
  readonly #inFlight = new InFlight();
  readonly #ownClosures = new OwnClosures();
  readonly #registrations = new Registrations({
    has: (value): value is Closure => this.#ownClosures.has(value) || this.#inFlight.settles(value),
  });
  readonly #callbacks: Callbacks;
  readonly #crossings = new Crossings();
  readonly #panics = new Panics((panic) => this.#tellPanic(panic));
  /** The values of JavaScript that Rust holds, and the place of the first that isn't a constant. */
  #held: Held | undefined;
  #heldFrom = 0;
  /** Whether the last look at promises in flight was at the moment when Rust began to panic. */
  #lookedAtPanic = false;
  /** How many registries the scope has made. */
  #registries = 0;
  #state: InstanceState = 'idle';
  #exports: WebAssembly.Exports | undefined;
  #stackPointers: StackPointers | undefined;
  #startedAt = 0;
  #trap: unknown;
  #error: ReviveError | undefined;
  /** Whether everybody knows of the loss. Between the two there may be no stack, and guards further out have to make up for it. */
  #told = false;
  /** Whether it is just being looked at, so that it isn't told before that is done. */
  #condemned = false;
  /** Whether a foreign exception cost the instance: its thrower gets it back. */
  #toForeign = false;
  /** Whether it is that exception which goes on through frames further out. */
  #passesOn = false;
  /** Whether what was caught last left no frame of the instance on the stack. */
  #quiescent = false;
  /** The foreign exception that was caught last, so that callbacks don't throw it where nobody catches. */
  #taint: unknown = NONE;
  /** What may have left Rust panicking. */
  #suspected: Suspected | undefined;
  watchesReturns = false;
  miscounted = false;

  constructor(generation: number, owner: Owner, factory: Factory) {
    this.generation = generation;
    this.base = pointerBase(generation);
    this.owner = owner;
    const { hooks } = owner;
    this.turns = hooks.entered !== undefined || hooks.committed !== undefined;
    this.#callbacks = new Callbacks(
      this.#ownClosures,
      (error) => this.#state === 'lost' || error === this.#taint,
      (who) => this.#look(who === 'reaction' ? MOST_AT_A_REACTION : undefined),
    );
    let alarm = (): void => {};
    const called = new Promise<void>((resolve) => {
      alarm = resolve;
    });
    whenSettled(called, () => this.isWell());
    this.alarm = alarm;
    this.scope = factory(this);
  }

  get state(): InstanceState {
    return this.#state;
  }

  get unwinds(): boolean {
    return this.owner.exceptions !== undefined;
  }

  get formatters(): Formatters | undefined {
    return this.owner.formatters;
  }

  get panicPhase(): PanicPhase | undefined {
    return readPanicPhase(this.#exports, this.owner.panicCount);
  }

  get shadowStackOverflowed(): boolean {
    return this.#stackPointers?.overflowed === true;
  }

  get shadowStackPointer(): number | undefined {
    return this.#stackPointers?.shadowStack;
  }

  get shadowStackHasRoom(): boolean {
    return this.#stackPointers?.hasRoom === true;
  }

  get tornPoll(): boolean {
    return this.#callbacks.entered === 'executor' && this.#quiescent;
  }

  get quiescent(): boolean {
    return this.#quiescent;
  }

  get suspected(): boolean {
    return this.#suspected !== undefined;
  }

  get callsInFlight(): number {
    return this.#inFlight.size;
  }

  get exports(): WebAssembly.Exports | undefined {
    return this.#exports;
  }

  get memoryBytes(): number {
    const memory = this.#exports?.memory;
    return memory instanceof WebAssembly.Memory ? memory.buffer.byteLength : 0;
  }

  /** Milliseconds since it was started. */
  get uptimeMs(): number {
    return performance.now() - this.#startedAt;
  }

  dropped(result: unknown): unknown {
    handlePromise(result);
    return this.trap;
  }

  get trap(): unknown {
    this.#passesOn = false;
    return this.#trapForFrames();
  }

  /**
   * What goes on through the frames of a lost instance. Under panic=unwind they have landing pads, which nothing but a trap of Wasm's own
   * leaves alone: neither what JavaScript threw nor, in SpiderMonkey, an exhausted stack.
   */
  #trapForFrames(): unknown {
    return (this.unwinds ? realTrap() : undefined) ?? this.#trap ?? this.scope.trap();
  }

  /** The error that the failure which lost this instance became. */
  get error(): ReviveError | undefined {
    return this.#error;
  }

  /** Gives the scope its Wasm instance. Plugins may still refuse it. */
  bind(instance: Pick<WebAssembly.Instance, 'exports'>): void {
    this.#exports = instance.exports;
    const stackPointers = this.owner.stackPointers ?? stackPointerNames(instance.exports);
    // Exports that are made when they are read can't be listed; those of the next instance can.
    if (stackPointers.length > 0) this.owner.stackPointers = stackPointers;
    this.#stackPointers = new StackPointers(instance.exports, stackPointers);
    if (this.unwinds) realTrap();
    this.owner.hooks.instantiated?.(this);
    this.scope.bind(instance.exports);
    this.#held = this.scope.held(instance.exports);
    this.#heldFrom = this.#held?.length ?? 0;
    this.#inFlight.startAt(this.#heldFrom);
    this.#state = 'running';
  }

  /** It serves from now on. May run Rust: what wasm-bindgen runs after instantiation. */
  start(): void {
    this.served();
    this.scope.start();
  }

  /** It serves from now on, and the program starts it by itself. */
  served(): void {
    this.#startedAt = performance.now();
  }

  /**
   * Whether the instance may be entered. A failure that no guard could tell, for want of stack, is told here: by whoever asks first.
   */
  isWell(): boolean {
    this.#lookAgain();
    return this.#isRunning();
  }

  /** The same, without asking whether Rust was left panicking: where something has just been thrown, it may be a trap, after which nothing runs. */
  #isRunning(): boolean {
    if (this.#state === 'running' && this.scope.isShut()) this.#lost(this.scope.trap());
    if (this.#state === 'lost' && !this.#told && !this.#condemned) this.#tellExhausted();
    return this.#state === 'running';
  }

  refuse(entry: number): true {
    this.isWell();
    const { name, whenLost } = this.#entry(entry);
    switch (whenLost) {
      case 'nothing':
        return true;
      case 'closure':
        if (this.owner.staleClosureCalled(this, name)) throw this.staleError(`the closure behind ${name}`);
        return true;
      case 'throw':
        throw this.staleError(name);
    }
  }

  entered(entry: number): void {
    this.owner.hooks.entered?.(this, this.#entry(entry).name);
  }

  committed(): void {
    this.owner.hooks.committed?.(this);
  }

  threw(error: unknown, entry: number, imports: number): unknown {
    if (this.#told) return this.#passesOn ? this.#trap : this.#error;
    this.#quiescent = imports === 0;
    try {
      // Further in, there was no stack left to tell it.
      if (!this.#isRunning()) return this.#error;
      const caught = this.#classify(error, entry, imports);
      if (imports === 0 && this.#state === 'running') this.#settleDown();
      if (imports > 0) this.#suspect(error);
      return caught;
    } catch (broken) {
      return hasStackRoom() && !saysStackIsFull(broken) ? this.#giveUp(error, broken) : this.#tear(error);
    } finally {
      // Whatever there was no stack for.
      this.#condemned = false;
    }
  }

  /** What left Rust frames by throwing ran none of their epilogues and, but for a panic, none of their destructors. */
  #settleDown(): void {
    this.#stackPointers?.restore(this.scope.lent?.());
    if (this.#exports !== undefined) forgetRunning(this.#exports);
  }

  endPanic(): void {
    if (!countPanicDown(this.#exports, this.owner.panicCount)) this.miscounted = true;
  }

  /**
   * Something left frames of the instance, and there are others further out. Whose the panic is that goes on can be told when none is
   * left: that may be by returning, for JavaScript in between may swallow what was thrown.
   */
  #suspect(error: unknown): void {
    if (this.#state !== 'running' || this.#suspected !== undefined || this.panicPhase === 'none') return;
    this.#suspected = { error, reports: [] };
    this.owner.suspected(this);
    inMicrotask(() => this.#lookAgain());
  }

  #lookAgain(): void {
    const suspected = this.#suspected;
    if (suspected === undefined || this.#state !== 'running' || !this.scope.isQuiescent()) return;
    this.#suspected = undefined;
    this.#quiescent = true;
    if (isLeftPanicking(this)) this.#failBehind(suspected.error, 'foreign', undefined);
    else for (const report of suspected.reports) this.#callbacks.tells(() => this.owner.failed(this, report));
  }

  condemn(trap: unknown): void {
    if (this.#state !== 'running') return;
    this.#condemned = true;
    this.#lost(trap);
  }

  /** With as little stack as can be: nobody is let in any more. The rest follows where there is room for it. */
  #tear(trap: unknown): unknown {
    if (this.#state !== 'lost') this.#lost(trap);
    if (!this.#told) inMicrotask(() => this.isWell());
    return this.#error;
  }

  /** A plugin broke down over a failure. Whether the instance is well, nobody knows. */
  #giveUp(trap: unknown, broken: unknown): unknown {
    complain('a failure could not be looked at', broken);
    if (this.#told) return this.#error;
    if (this.#state !== 'lost') this.#lost(trap);
    return this.#tell({ kind: 'aborted', cause: 'unknown', trap, frames: [] }, undefined, 'fresh', undefined);
  }

  #classify(error: unknown, entry: number, imports: number): unknown {
    const entrypoint = this.#entrypoint(entry);
    const payload = this.scope.payload(error);
    const crossed = this.#crossings.left(error, payload);
    const thrown = crossed === undefined ? payload : crossed.error;
    const origin = crossed === undefined ? 'own' : crossed.deliberate ? 'deliberate' : 'foreign';
    const panic = this.#panics.take(thrown) ?? this.#strandedPanic(crossed);
    this.#taint = NONE;
    const failure = this.owner.hooks.threw({ error: thrown, origin, panic, entrypoint, instance: this });
    if (failure === undefined) return thrown;
    const caught = this.#fail(failure, thrown, entrypoint, panic, crossed?.isReported);
    if (crossed !== undefined && this.#state === 'running') this.#crossings.reported(caught, imports);
    this.watchesReturns = this.#crossings.watchesReturns;
    return caught;
  }

  /** In a task that the event loop polls nobody is there to be thrown to, so what Rust unwound with is told as the panic that it was. */
  #strandedPanic(crossed: Crossed | undefined): CaughtPanic | undefined {
    if (crossed?.exception === undefined || !this.tornPoll) return undefined;
    const error = this.#panicError(crossed.error);
    this.#noteDropped(error);
    return { error, blackBox: undefined, site: undefined };
  }

  #panicError(payload: unknown): PanicError {
    const text = safely(this.owner.redact)(describeThrown(payload).message);
    return typeof payload === 'string' ? new PanicError(text) : new PanicError(text, { cause: this.#causeOf(payload) });
  }

  /** What JavaScript threw, for errors that others get, too: where there is a redaction, only what that leaves of it. */
  #causeOf(thrown: unknown): unknown {
    const { redact } = this.owner;
    if (redact === undefined) return thrown;
    const { name, message } = describeThrown(thrown);
    const cause = new Error(safely(redact)(message));
    return define(cause, 'name', { value: safely(redact)(name), configurable: true, writable: true });
  }

  crossed(error: unknown, deliberate: boolean, imports: number): unknown {
    if (this.#state === 'lost' || this.scope.isShut()) {
      this.#passesOn = this.#toForeign && this.#isWhatCostIt(error);
      return this.#trapForFrames();
    }
    this.#crossings.threw(this.scope.payload(error), deliberate, imports);
    this.watchesReturns = this.#crossings.watchesReturns;
    return error;
  }

  returned(imports: number): void {
    this.#crossings.returned(imports);
    this.watchesReturns = this.#crossings.watchesReturns;
  }

  #isWhatCostIt(error: unknown): boolean {
    try {
      return is(this.scope.payload(error), this.#trap);
    } catch {
      // The stack is full.
      return false;
    }
  }

  unwinding(exception: unknown): unknown {
    this.#crossings.unwinding(exception);
    return exception;
  }

  strange(pointer: number, className: string): void {
    throw staleHandleError(className, pointerGeneration(pointer) ?? 0, this.generation);
  }

  promise<T>(executor: PromiseExecutor<T>): Promise<T> {
    return this.#inFlight.promise(executor);
  }

  promiseOf<T>(executor: PromiseExecutor<T>): Promise<T> {
    return this.#ownClosures.has(executor) ? this.promise(executor) : new Promise(executor);
  }

  construct(target: unknown, args: unknown, ...newTarget: unknown[]): unknown {
    return this.#inFlight.construct(target, args, ...newTarget);
  }

  constructOf(target: unknown, args: unknown, ...newTarget: unknown[]): unknown {
    const isOwn = Array.isArray(args) && this.#ownClosures.has(args[0]);
    if (isOwn) return this.construct(target, args, ...newTarget);
    return Reflect.construct(target as Constructor, args as unknown[], ...(newTarget as [])) as unknown;
  }

  withResolvers(): unknown {
    return this.#inFlight.withResolvers();
  }

  /** Notes which promises Rust could settle as it is entered. Only what unwinds can drop them and live on. */
  #look(most?: number): void {
    if (!this.unwinds || this.#inFlight.size === 0 || this.#held === undefined) return;
    try {
      this.#inFlight.look(this.#held, most);
    } catch {
      // No stack left.
    }
  }

  /** Notes which promises Rust can't settle any more, where there has been a look since this turn began. */
  #noteDropped(by: PanicError): void {
    if (this.#held !== undefined && (this.#lookedAtPanic || this.#callbacks.entered !== 'caller'))
      this.#inFlight.noteDropped(this.#held, by);
    this.#lookedAtPanic = false;
  }

  finalizer(callback: unknown): unknown {
    return this.#ownClosures.has(callback) ? this.#callbacks.finalizer(callback) : callback;
  }

  registry(callback: (held: unknown) => unknown): Registry {
    const { registries } = this.owner;
    // Every scope makes its registries in the same order.
    const place = this.#registries++;
    const registry = registries[place] ?? new SharedRegistry();
    registries[place] = registry;
    return registry.of(this.generation, this.#callbacks.finalizer(callback));
  }

  closure<F>(closure: F): F {
    return this.#ownClosures.add(closure);
  }

  readQueueMicrotask<T>(value: T): T {
    this.#ownClosures.readQueueMicrotask();
    return value;
  }

  resolvedPromise<T>(promise: T): T {
    this.#ownClosures.resolvedPromise();
    return promise;
  }

  microtask(callback: unknown, entersAgain: boolean): unknown {
    return this.#callbacks.microtask(callback, entersAgain);
  }

  register(target: unknown, method: string, args: unknown[]): unknown {
    return this.#registrations.call(target, method, args);
  }

  setHandler(target: unknown, property: string, handler: unknown, set: (target: unknown, handler: unknown) => unknown): void {
    this.#registrations.setHandler(target, property, handler, set);
  }

  observe(observer: new (...args: unknown[]) => object, args: unknown[]): object {
    return this.#registrations.observe(observer, args);
  }

  react(target: Thenable, method: 'then' | 'catch' | 'finally', callbacks: unknown[]): unknown {
    return this.#callbacks.react(target, method, callbacks);
  }

  reinitRequested(): void {
    this.owner.reinitRequested(this);
  }

  signalled(): void {
    if (this.#exports !== undefined && readBlackBox(this.#exports)?.reinitRequested === true) this.reinitRequested();
  }

  panicked(): void {
    this.#crossings.panicked();
    if (this.#exports !== undefined) this.#panics.began(this.#exports);
    this.#look();
    this.#lookedAtPanic = true;
  }

  /** The error for a use of something that pointed into this instance. */
  staleError(what: string): ReviveError {
    return staleError(what, this.generation, this.#error);
  }

  /**
   * Carries out what the hooks decide about a failure. Returns what the failing call's caller is to be thrown.
   * @param raw what the engine raised, as it goes on through the frames of the instance
   */
  #fail(failure: Failure, raw: unknown, entrypoint: string | undefined, panic: CaughtPanic | undefined, isReported = false): unknown {
    const { tornPoll } = this;
    // A guard further in has asked already. A listener may have changed the answer since, and the exception would be reported twice.
    const isDecided = isReported && failure.kind === 'aborted' && failure.cause === 'foreign-exception' && !tornPoll;
    const decided = isDecided ? 'keep' : this.owner.hooks.failed(this, failure);
    // A torn poll leaves its task locked, and the promise that the task owes would never settle.
    const recovery = failure.kind === 'aborted' && decided === 'keep' && tornPoll ? 'fresh' : decided;
    switch (failure.kind) {
      case 'unwound':
        return this.#unwound(failure, entrypoint, recovery, panic);
      case 'aborted':
        return this.#aborted(failure, raw, entrypoint, recovery, panic, isReported);
    }
  }

  /** Ends the instance without a failure of its own: everything that it still owes is rejected. */
  retire(reason: string): void {
    if (!this.isWell()) return;
    const error = new ReviveError('REVIVE_INSTANCE_LOST', reason);
    this.#lost(error);
    this.#suspected = undefined;
    this.#known(error);
    this.#settle(error);
    this.#registrations.takeBack();
  }

  /** Lets go of what outlives the instance. An instance that never ran needs no more than this. */
  forget(): void {
    for (const registry of this.owner.registries) registry.forget(this.generation);
  }

  #unwound(failure: Unwound, entrypoint: string | undefined, recovery: Recovery, panic: CaughtPanic | undefined): PanicError {
    const report = writeReport(failure, this, { entrypoint, recovery, callsLost: 0, panic });
    // wasm-bindgen makes no PanicError where it catches no panics: in what `free()` runs.
    const error = panic?.error ?? new PanicError(report.failure.panic?.message ?? '');
    // The program may have it already, and may have frozen it.
    store(error, 'report', report);
    if (this.#exports !== undefined) forgetPanic(this.#exports);
    if (panic === undefined) this.#noteDropped(error);
    this.#callbacks.tells(() => this.owner.failed(this, report));
    this.#inFlight.rejectAbandoned(error, () => abandonedError(error));
    return error;
  }

  #aborted(
    failure: Aborted,
    raw: unknown,
    entrypoint: string | undefined,
    recovery: Recovery,
    panic: CaughtPanic | undefined,
    isReported: boolean,
  ): unknown {
    if (recovery === 'keep' && this.#state === 'running') {
      // Tainted, not lost. Every guard on the way out sees the same error: report it once.
      if (!isReported) {
        const report = writeReport(failure, this, { entrypoint, recovery, callsLost: 0, panic });
        // Where it may be the end of a panic, that is reported in its place.
        if (!this.#quiescent && this.unwinds) this.#suspect(raw);
        if (this.#suspected === undefined) this.#callbacks.tells(() => this.owner.failed(this, report));
        else this.#suspected.reports.push(report);
      }
      // Listeners may have thrown through the instance, or cost it.
      if (this.#state === 'running') this.#taint = raw;
      return raw;
    }
    if (!hasStackRoom()) return this.#tear(raw);
    if (this.#state === 'running') this.#lost(raw);
    this.#toForeign = failure.cause === 'foreign-exception';
    const error = this.#tell(failure, entrypoint, recovery === 'keep' ? 'fresh' : recovery, panic);
    // The thrower of a foreign exception gets its own error back, by identity.
    return this.#toForeign ? raw : error;
  }

  /** From here on nothing of the instance runs. Everybody has still to be told. */
  #lost(trap: unknown): void {
    this.#state = 'lost';
    this.#trap = trap;
    this.#error = EXHAUSTED;
    // First, for on a full stack what follows may fail.
    this.scope.release();
    // Errors hold the frames that were on the stack, and those hold the instance: whoever keeps a closure of it keeps this object.
    this.#taint = NONE;
    this.#panics.forget();
    this.#crossings.forget();
  }

  /** Tells a failure of which, when it happened, there was no stack left to find out more. Waits for another asker where there still is none. */
  #tellExhausted(): void {
    if (!hasStackRoom()) return;
    this.#tell({ kind: 'aborted', cause: 'stack-overflow', trap: this.#trap, frames: [] }, undefined, 'fresh', undefined);
  }

  #tell(failure: Aborted, entrypoint: string | undefined, recovery: Recovery, panic: CaughtPanic | undefined): ReviveError {
    const report = writeReport(failure, this, { entrypoint, recovery, callsLost: this.#inFlight.size, panic });
    const error = new ReviveError('REVIVE_ABORT', describeFailure(report.failure, report.entrypoint), {
      cause: isOfProgram(failure) ? this.#causeOf(this.#trap) : this.#trap,
      report,
    });
    // A JavaScript exception still holds the frames that it has torn. This makes text of them.
    lookAt(() => failure.frames, undefined);
    // Before plugins hear of it: what they call may ask, and must not have it told again.
    this.#known(error);
    this.owner.hooks.lost?.(this, report);
    // A turn that the event loop entered has no caller. Alone in flight, the call is the one that failed; else nobody can tell.
    const alone = this.#inFlight.size === 1 && entrypoint === undefined;
    this.#settle(error, alone);
    const earlier = this.#suspected?.reports ?? [];
    this.#suspected = undefined;
    for (const one of [...earlier, report]) this.owner.failed(this, one);
    // Last, for that may run code of the program's.
    this.#registrations.takeBack();
    return error;
  }

  /** Whoever asks from now on hears this. */
  #known(error: ReviveError): void {
    this.#told = true;
    this.#error = this.#withoutFrames(error);
  }

  /** An error that outlives the instance must not hold it by frames that are still on the stack. To read the stack makes text of them. */
  #withoutFrames(error: ReviveError): ReviveError {
    if (!this.#quiescent) lookAt(() => error.stack, undefined);
    return error;
  }

  /** Rejects what the instance still owes, and lets go of it. `theirs`: the one call in flight is the one that failed. */
  #settle(error: ReviveError, theirs = false): void {
    this.forget();
    if (this.#held !== undefined) handlePromises(this.#held, this.#heldFrom);
    this.#held = undefined;
    this.#exports = undefined;
    this.#stackPointers = undefined;
    this.#inFlight.rejectAll(() => (theirs ? error : this.#withoutFrames(lostError(error))));
  }

  /** Rust panicked, and wasm-bindgen caught the panic at the boundary. What an import threw goes on as what it is. */
  panic(payload: unknown): unknown {
    if (this.#crossings.unwoundWith(payload)) return payload;
    const error = this.#panicError(payload);
    this.#noteDropped(error);
    this.#panics.caught(error, payload, this.#exports);
    return error;
  }

  #tellPanic(panic: CaughtPanic): void {
    if (this.#state === 'lost') return;
    this.#quiescent = true;
    this.#failBehind(panic.error, 'own', panic);
  }

  /** A failure that has reached no guard, or left one before it was known. */
  #failBehind(error: unknown, origin: Thrown['origin'], panic: CaughtPanic | undefined): void {
    try {
      const failure = this.owner.hooks.threw({ error, origin, panic, entrypoint: undefined, instance: this });
      if (failure !== undefined) this.#fail(failure, error, undefined, panic);
    } catch (broken) {
      this.#giveUp(error, broken);
    }
  }

  /** Undefined where the event loop entered: there is no caller to name. */
  #entrypoint(entry: number): string | undefined {
    return this.#callbacks.entered === 'caller' ? this.#entry(entry).name : undefined;
  }

  #entry(index: number): Entry {
    return this.owner.entries[index] ?? TABLE_ENTRY;
  }
}

/** Whether it is as engines throw for a full stack: what needed more of it than is asked for here was further in. */
function saysStackIsFull(broken: unknown): boolean {
  const { name } = describeThrown(broken);
  return name === 'RangeError' || name === 'InternalError';
}

/** What no export has: older glue calls destructors of closures straight out of the module's function table. */
const TABLE_ENTRY: Entry = { name: 'a function called through the function table', whenLost: 'throw' };

/** What may have left Rust panicking, and the reports of it and of what followed, in case that it has not. */
interface Suspected {
  readonly error: unknown;
  readonly reports: CrashReport[];
}

/** Nothing, which no value thrown is equal to. */
const NONE = Symbol('none');
