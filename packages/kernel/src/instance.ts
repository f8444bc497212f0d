import { forgetPanic, readBlackBox, readBreadcrumbs } from './black-box.js';
import { Callbacks } from './callbacks.js';
import { PanicError, ReviveError } from './errors.js';
import type { ExceptionHandling } from './exception-handling.js';
import type { Aborted, Failure, Recovery, Unwound } from './failure.js';
import { type Registry, SharedRegistry } from './finalizers.js';
import { fingerprint } from './fingerprint.js';
import { pointerBase, pointerGeneration } from './handle.js';
import { InFlight } from './in-flight.js';
import { abandonedError, EXHAUSTED, lostError, staleError, staleHandleError } from './instance-errors.js';
import { lazyProperty } from './lazy.js';
import { PanicSite } from './panic-site.js';
import type { Hooks } from './plugin.js';
import { realTrap } from './real-trap.js';
import { asItIs, type Build, type CrashReport, describeFailure, REPORT_VERSION, type Redact, safely, toFailureRecord } from './report.js';
import type { Entry, Factory, Formatters, Host, PromiseExecutor, Scope, Thenable } from './scope.js';
import { StackPointers, stackPointerNames } from './stack-pointers.js';
import { hasStackRoom } from './stack-room.js';

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
  /** Rust, or the program, asked for a fresh instance. */
  reinitRequested(instance: Instance): void;
  /** A closure of a lost instance was called. True: the call is to throw. */
  staleClosureCalled(instance: Instance, entrypoint: string): boolean;
}

/** `idle`: made, not started; `running`: may be entered; `lost`: never entered again. */
export type InstanceState = 'idle' | 'running' | 'lost';

/**
 * One instance and its glue scope: the host of generated code. It notices failures where they happen (at the innermost guard),
 * classifies them through the hooks, and from the moment it is lost lets nothing of it run (invariant I3).
 */
export class Instance implements Host {
  readonly generation: number;
  readonly base: number;
  readonly exhausted: Error = EXHAUSTED;
  readonly owner: Owner;
  readonly scope: Scope;
  readonly turns: boolean;
  readonly #inFlight = new InFlight();
  readonly #callbacks: Callbacks;
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
  #crossed: Crossed | undefined;
  /** Whether it is the error that cost the instance which goes on through frames further out: only a foreign exception is there to be thrown on. */
  #passesOn = false;
  /** Whether what was caught last left no frame of the instance on the stack. */
  #quiescent = false;
  /** The panic that wasm-bindgen caught last and that nobody has been told of yet. */
  #panic: PanicError | undefined;
  readonly #panicSite = new PanicSite();
  /** Whether a microtask is going to tell it, if no guard has by then. */
  #looksForPanic = false;
  /** The last foreign exception told, so that the guards further out don't tell it again. */
  #taint: unknown;

  constructor(generation: number, owner: Owner, factory: Factory) {
    this.generation = generation;
    this.base = pointerBase(generation);
    this.owner = owner;
    const { hooks } = owner;
    this.turns = hooks.entered !== undefined || hooks.committed !== undefined;
    this.#callbacks = new Callbacks((error) => this.#state === 'lost' || error === this.#taint);
    this.scope = factory(this);
  }

  get state(): InstanceState {
    return this.#state;
  }

  /** Whether a stack that Rust has is full: the one in linear memory, or that of borrowed values of JavaScript. The engine has one of its own. */
  get shadowStackOverflowed(): boolean {
    return this.#stackPointers?.overflowed === true;
  }

  /** Where the stack that Rust has in linear memory is, as an address; undefined where nobody has exported its pointer. */
  get shadowStackPointer(): number | undefined {
    return this.#stackPointers?.shadowStack;
  }

  /** Whether that stack is known to have room for any function's frame. */
  get shadowStackHasRoom(): boolean {
    return this.#stackPointers?.hasRoom === true;
  }

  /** Whether the failure being told has torn the executor: it left a poll, and no JavaScript in between could catch it. */
  get tornPoll(): boolean {
    return this.#callbacks.entered === 'executor' && this.#quiescent;
  }

  /** Whether what was caught last left no frame of the instance on the stack. */
  get quiescent(): boolean {
    return this.#quiescent;
  }

  /** How many promises the instance has still to settle. */
  get callsInFlight(): number {
    return this.#inFlight.size;
  }

  /** The raw exports, for reading memory and globals; undefined before they are bound and once the instance is lost. */
  get exports(): WebAssembly.Exports | undefined {
    return this.#exports;
  }

  /** The size of its memory; 0 once the instance is lost. */
  get memoryBytes(): number {
    const memory = this.#exports?.memory;
    return memory instanceof WebAssembly.Memory ? memory.buffer.byteLength : 0;
  }

  /**
   * What goes on through the frames of a lost instance. Under panic=unwind they have landing pads, which nothing but a trap of Wasm's own
   * leaves alone: neither what JavaScript threw nor, in SpiderMonkey, an exhausted stack.
   */
  get trap(): unknown {
    return (this.owner.exceptions && realTrap()) ?? this.#trap ?? this.scope.trap();
  }

  /** The error that the failure which lost this instance became. */
  get error(): ReviveError | undefined {
    return this.#error;
  }

  /** Gives the scope its Wasm instance. Plugins may still refuse it. */
  bind(instance: Pick<WebAssembly.Instance, 'exports'>): void {
    this.#exports = instance.exports;
    this.owner.stackPointers ??= stackPointerNames(instance.exports);
    this.#stackPointers = new StackPointers(instance.exports, this.owner.stackPointers);
    if (this.owner.exceptions !== undefined) realTrap();
    this.owner.hooks.instantiated?.(this);
    this.scope.bind(instance.exports);
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
    if (this.#state === 'running' && this.scope.isShut()) this.#lost(this.scope.trap());
    if (this.#state === 'lost' && !this.#told) this.#tellExhausted();
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

  threw(error: unknown, entry: number, quiescent: boolean): unknown {
    if (this.#told) return this.#passesOn ? this.#trap : this.#error;
    this.#quiescent = quiescent;
    try {
      // Further in, there was no stack left to tell it.
      if (!this.isWell()) return this.#error;
      const caught = this.#classify(error, entry);
      if (quiescent && this.#state === 'running') this.#stackPointers?.restore();
      return caught;
    } catch {
      return this.#tear(error);
    }
  }

  /** With as little stack as can be: nobody is let in any more. The rest follows where there is room for it. */
  #tear(trap: unknown): unknown {
    if (this.#state !== 'lost') {
      this.#lost(trap);
      queueMicrotask(() => this.isWell());
    }
    return this.#error;
  }

  #classify(error: unknown, entry: number): unknown {
    const entrypoint = this.#entrypoint(entry);
    const crossed = this.#crossedAs(error);
    const thrown = crossed === undefined ? this.scope.payload(error) : crossed.error;
    const origin = crossed === undefined ? 'own' : crossed.deliberate ? 'deliberate' : 'foreign';
    this.#crossed = undefined;
    const panic = thrown === this.#panic ? this.#panic : this.#strandedPanic(crossed);
    const failure = this.owner.hooks.threw({ error: thrown, origin, panic, entrypoint, instance: this });
    return failure === undefined ? thrown : this.fail(failure, thrown, entrypoint);
  }

  /** What an import threw, if that is what has now left the instance. */
  #crossedAs(error: unknown): Crossed | undefined {
    const crossed = this.#crossed;
    if (crossed === undefined) return undefined;
    const isItself = Object.is(crossed.error, this.scope.payload(error));
    return isItself || (crossed.exception !== undefined && crossed.exception === error) ? crossed : undefined;
  }

  /** In a task that the event loop polls nobody is there to be thrown to, so what Rust unwound with is told as the panic that it was. */
  #strandedPanic(crossed: Crossed | undefined): PanicError | undefined {
    if (crossed?.exception === undefined || !this.tornPoll) return undefined;
    this.#panic = this.#panicError(crossed.error);
    return this.#panic;
  }

  #panicError(payload: unknown): PanicError {
    const text = safely(this.owner.redact)(textOf(payload));
    return typeof payload === 'string' ? new PanicError(text) : new PanicError(text, { cause: payload });
  }

  crossed(error: unknown, deliberate: boolean): unknown {
    if (this.#state === 'lost' || this.scope.isShut()) {
      this.#passesOn = this.#isWhatCostIt(error);
      return this.trap;
    }
    const payload = this.scope.payload(error);
    // wasm-bindgen throws what Rust unwound with by an import of its own.
    const exception = Object.is(this.#crossed?.error, payload) ? this.#crossed?.exception : undefined;
    this.#crossed = { error: payload, deliberate, exception };
    return error;
  }

  #isWhatCostIt(error: unknown): boolean {
    try {
      return this.#state === 'lost' && Object.is(this.scope.payload(error), this.#trap);
    } catch {
      // The stack is full.
      return false;
    }
  }

  unwinding(exception: unknown): unknown {
    if (this.#crossed !== undefined) this.#crossed = { ...this.#crossed, exception };
    return exception;
  }

  strange(pointer: number, className: string): void {
    throw staleHandleError(className, pointerGeneration(pointer) ?? 0, this.generation);
  }

  promise<T>(executor: PromiseExecutor<T>): Promise<T> {
    return this.#inFlight.promise(executor);
  }

  finalizer(callback: unknown): unknown {
    return typeof callback === 'function' ? this.#callbacks.finalizer((held) => callback(held)) : callback;
  }

  registry(callback: (held: unknown) => unknown): Registry {
    const { registries } = this.owner;
    // Every scope makes its registries in the same order.
    const place = this.#registries++;
    const registry = registries[place] ?? new SharedRegistry();
    registries[place] = registry;
    return registry.of(this.generation, this.#callbacks.finalizer(callback));
  }

  poll(callback: unknown): unknown {
    return this.#callbacks.poll(callback);
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
    if (this.#exports !== undefined) this.#panicSite.note(this.#exports);
  }

  /** An error with the stack of the last panic, as it was when Rust panicked; undefined where the crate hasn't said that it did. */
  get panicSite(): Error | undefined {
    return this.#exports && this.#panicSite.of(this.#exports);
  }

  /** The error for a use of something that pointed into this instance. */
  staleError(what: string): ReviveError {
    return staleError(what, this.generation, this.#error);
  }

  /**
   * Carries out what the hooks decide about a failure. Returns what the failing call's caller is to be thrown.
   * @param raw what the engine raised, as it goes on through the frames of the instance
   */
  fail(failure: Failure, raw: unknown, entrypoint: string | undefined): unknown {
    const recovery = this.owner.hooks.failed(this, failure);
    switch (failure.kind) {
      case 'unwound':
        return this.#unwound(failure, entrypoint, recovery);
      case 'aborted':
        return this.#aborted(failure, raw, entrypoint, recovery);
    }
  }

  /** Ends the instance without a failure of its own: everything that it still owes is rejected. */
  retire(reason: string): void {
    if (!this.isWell()) return;
    const error = new ReviveError('REVIVE_INSTANCE_LOST', reason);
    this.#lost(error);
    this.#known(error);
    this.#settle(error);
  }

  /** Lets go of what outlives the instance. An instance that never ran needs no more than this. */
  forget(): void {
    for (const registry of this.owner.registries) registry.forget(this.generation);
  }

  #unwound(failure: Unwound, entrypoint: string | undefined, recovery: Recovery): PanicError {
    const report = this.#report(failure, entrypoint, recovery, 0);
    // wasm-bindgen makes no PanicError where it catches no panics: in what `free()` runs.
    const error = this.#panic ?? new PanicError(report.failure.panic?.message ?? '');
    error.report = report;
    this.#panic = undefined;
    if (this.#exports !== undefined) forgetPanic(this.#exports);
    this.owner.failed(this, report);
    this.#inFlight.rejectAbandoned(() => abandonedError(error));
    return error;
  }

  #aborted(failure: Aborted, raw: unknown, entrypoint: string | undefined, recovery: Recovery): unknown {
    if (recovery === 'keep') {
      // Tainted, not lost. Every guard on the way out sees the same error: tell it once.
      if (this.#taint !== raw) this.owner.failed(this, this.#report(failure, entrypoint, recovery, 0));
      this.#taint = raw;
      return raw;
    }
    if (!hasStackRoom()) return this.#tear(raw);
    this.#lost(raw);
    const error = this.#tell(failure, entrypoint, recovery);
    // The thrower of a foreign exception gets its own error back, by identity.
    return failure.cause === 'foreign-exception' ? raw : error;
  }

  /** From here on nothing of the instance runs. Everybody has still to be told. */
  #lost(trap: unknown): void {
    this.#state = 'lost';
    this.#trap = trap;
    this.#error = EXHAUSTED;
    this.scope.release();
  }

  /** Tells a failure of which, when it happened, there was no stack left to find out more. Waits for another asker where there still is none. */
  #tellExhausted(): void {
    if (hasStackRoom()) this.#tell({ kind: 'aborted', cause: 'stack-overflow', trap: this.#trap, frames: [] }, undefined, 'fresh');
  }

  #tell(failure: Aborted, entrypoint: string | undefined, recovery: Recovery): ReviveError {
    const report = this.#report(failure, entrypoint, recovery, this.#inFlight.size);
    const error = new ReviveError('REVIVE_ABORT', describeFailure(report.failure, report.entrypoint), { cause: this.#trap, report });
    // Before plugins hear of it: what they call may ask, and must not have it told again.
    this.#known(error);
    this.owner.hooks.lost?.(this, report);
    // A turn that the event loop entered has no caller. Alone in flight, the call is the one that failed; else nobody can tell.
    const alone = this.#inFlight.size === 1 && entrypoint === undefined;
    this.#settle(error, alone);
    this.owner.failed(this, report);
    return error;
  }

  /** Whoever asks from now on hears this. */
  #known(error: ReviveError): void {
    this.#told = true;
    this.#error = error;
  }

  /** Rejects what the instance still owes, and lets go of it. `theirs`: the one call in flight is the one that failed. */
  #settle(error: ReviveError, theirs = false): void {
    this.forget();
    this.#exports = undefined;
    this.#stackPointers = undefined;
    this.#inFlight.rejectAll(() => (theirs ? error : lostError(error)));
  }

  /** Rust panicked, and wasm-bindgen caught the panic at the boundary. What an import threw goes on as what it is. */
  panic(payload: unknown): unknown {
    if (this.#crossed?.exception !== undefined && Object.is(this.#crossed.error, payload)) return payload;
    const panic = this.#panicError(payload);
    this.#panic = panic;
    // A panic in a task reaches its promise, not a guard. By the next microtask a guard has told it, or none will.
    if (!this.#looksForPanic) queueMicrotask(() => this.#tellPanic());
    this.#looksForPanic = true;
    return panic;
  }

  #tellPanic(): void {
    this.#looksForPanic = false;
    const panic = this.#panic;
    if (panic === undefined || this.#state === 'lost') return;
    this.#quiescent = true;
    const failure = this.owner.hooks.threw({ error: panic, origin: 'own', panic, entrypoint: undefined, instance: this });
    if (failure !== undefined) this.fail(failure, panic, undefined);
  }

  #report(thrown: Failure, entrypoint: string | undefined, recovery: Recovery, callsLost: number): CrashReport {
    const redact = safely(this.owner.redact);
    // The error of a panic was made of the redacted text.
    const failure = toFailureRecord(thrown, thrown.kind === 'unwound' && this.#panic !== undefined ? asItIs : redact);
    const blackBox = this.#exports && readBlackBox(this.#exports);
    const running = thrown.kind === 'unwound' ? blackBox?.runningAtPanic : blackBox?.running;
    const breadcrumbs = this.#exports === undefined ? [] : readBreadcrumbs(this.#exports);
    const report: Omit<CrashReport, 'fingerprint'> = {
      version: REPORT_VERSION,
      failure,
      entrypoint: entrypoint ?? running?.entrypoint,
      ...(running?.task !== undefined && { task: running.task }),
      ...(breadcrumbs.length > 0 && { breadcrumbs: breadcrumbs.map(redact) }),
      module: this.owner.moduleName,
      ...(this.owner.build && { build: this.owner.build }),
      generation: this.generation,
      memoryBytes: this.memoryBytes,
      uptimeMs: performance.now() - this.#startedAt,
      callsLost,
      recovery,
      recoveryMs: undefined,
      at: Date.now(),
    };
    return withFingerprint(report, failure);
  }

  /** Undefined where the event loop entered: there is no caller to name. */
  #entrypoint(entry: number): string | undefined {
    return this.#callbacks.entered === 'caller' ? this.#entry(entry).name : undefined;
  }

  #entry(index: number): Entry {
    return this.owner.entries[index] ?? { name: `entry ${index}`, whenLost: 'throw' };
  }
}

const withFingerprint = lazyProperty('fingerprint', fingerprint);

/** What an import let through. */
interface Crossed {
  readonly error: unknown;
  /** Whether Rust expects it: the import is there for throwing, or may unwind. */
  readonly deliberate: boolean;
  /** The Wasm exception with which Rust unwinds for it. */
  readonly exception: unknown;
}

function textOf(value: unknown): string {
  try {
    return value instanceof Error ? value.message : String(value);
  } catch {
    return 'a value of JavaScript';
  }
}
