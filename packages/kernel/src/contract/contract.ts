/**
 * The contract between generated code (`@wasm-revive/bindgen`) and the runtime: what a glue scope is, what it may ask of its host, what the
 * façade asks of its application, and which names generated code takes for all that.
 *
 * Generated code and runtime may come from two installations (`--runtime`), so that each says which version of this file it was made with.
 */

import type { Registry } from '../instance/finalizers.js';
import type { Held } from '../instance/held.js';
import type { ExceptionHandling } from '../module/exception-handling.js';
import type { Build } from '../report/report.js';
import type { UndoSupport } from '../rollback/undo-support.js';

/** The version of this contract, counted up with every change of which the other side must know. */
export const CONTRACT = 11;

/**
 * The names that generated code declares beside the program's own, without the `$` before each. Glue that has one of them is refused.
 *
 * Beside the façade: the factory (`$scope`), the application ({@link Application}), and `$live`, whose field `raw` is {@link Scope.raw} of the
 * scope that serves, else `$nobody`, and whose field `base` says where the pointers of its handles start. Nobody but the manager writes it, by
 * `onCurrent`.
 *
 * In a scope: its host, where the pointers of its handles start and end, whether turns are heard of, `$raw`, and the functions that stand behind
 * guards.
 */
export const RESERVED_NAMES: readonly string[] = [
  'scope app live nobody Proxy current ownerOf freerOf exportsFor ownClasses revive runtime loadModule undoSupport first imports initOnce initialising own',
  'host base end turns raw stateFor unborn api this',
  'refuse caught aside asideOf heard nameOf called entries exportNames list unbound isFormer begin enter leave ended threw crossed returned watch bindingOf bind release all guarded guardTable noTable toBigInt toNumeric',
  'guardImports',
  'turn turnEnded given log logAt note noteSet noteView commit hasCommitted',
  'wrap unwind isException carries payload isStrange assertOwn get',
  'heldAgain',
].flatMap((names) => names.split(' '));

/** Functions that the façade calls, by the name the generator gave them: `greet`; those of a class in a record, `Counter$`: `inc`, `static$of`, `new$`. */
export type Api = Readonly<Record<string, unknown>>;

/** Exports of an instance behind their guards, in place of `instance.exports`. */
export type GuardedExports = Record<string, WebAssembly.ExportValue>;

/**
 * What binds a scope to its instance. Only the scope writes it. A guard that catches something does so without a call, for it may have no stack
 * left for one; from then on neither the façade nor another guard finds the way in. Both fields are there or neither.
 */
export interface Raw {
  /** {@link Scope.api}, for the façade, which asks the application where there is none. */
  readonly api?: Api;
  /** The instance's exports and its state, for the guards. */
  readonly binding?: object;
  /**
   * What belongs to the instance that was bound last: its host, how many imports of it are running, what a guard caught. Frames keep the state
   * with which they began, so that those of a lost instance change nothing of the next one's.
   */
  readonly state: object;
}

/** One evaluation of the glue, bound to at most one instance at a time. */
export interface Scope {
  /** Import object for the instance of this scope, each function behind its guard. */
  readonly imports: WebAssembly.Imports;
  /** The glue's functions; they may be called after {@link bind}. */
  readonly api: Api;
  /** What binds it, for the façade. */
  readonly raw: Raw;
  /**
   * Gives the scope its instance; another one after {@link release}. Wasm frames of the former instance that are still on the stack go no
   * further, and ask its host what is thrown. Note: frames of the glue can't be stopped. Glue that has called the program, in an import or to
   * convert an argument, goes on with addresses of the former instance, which guards would take for the new one's.
   * @param host of this instance
   */
  bind(exports: WebAssembly.Exports, host: Host): void;
  /** The guarded exports. Only after {@link bind}. */
  exports(): GuardedExports;
  /** Runs what wasm-bindgen runs after instantiation (`__wbindgen_start`). */
  start(): void;
  /** What a Wasm exception carries, when it is one of the tags in which glue wraps JavaScript values; else the value itself. */
  payload(error: unknown): unknown;
  /** The values of JavaScript that Rust holds; undefined where it holds none. */
  held(exports: WebAssembly.Exports): Held | undefined;
  /** Shuts every way into the instance for good and lets go of its memory. */
  release(): void;
  /** Whether every way in is shut: by {@link release}, or by a guard that had no stack left to call anybody. */
  isShut(): boolean;
  /** Whether no frame of the instance that was bound last is on the stack. */
  isQuiescent(): boolean;
  /** What that guard caught of the instance that was bound last. */
  trap(): unknown;
  /** From now on the host is told of every import that is running, when it returns: {@link Host.returned}. */
  watch(): void;
  /** How many bytes of Rust's stack glue holds, and gives back by itself. Without it: none. */
  lent?(): number;
  /** What can be entered, in the order in which guards know it. Without it: {@link ModuleDescription.entries}. */
  entries?(): readonly Entry[];
  /** Where turns can be undone: makes a closure of each form that the glue makes any of, see {@link Host.closure}, given where Rust has it. */
  readonly closures?: readonly ((a: number, b: number) => unknown)[];
  /** Where turns can be undone: whether an object is of a class of the module's. */
  isHandle?(value: object): boolean;
}

/** The glue as a function: every call gives a new glue scope. */
export type Factory = (host: Host) => Scope;

/** The names of a module's entries, in the order in which guards know them. */
export interface Entry {
  /** As its user calls it: `greet`, `Counter.inc`; the export's name for what users don't call. */
  readonly name: string;
  /** What it does once the instance is lost: throw a stale-handle error, do nothing, or be a stale closure. */
  readonly whenLost: 'throw' | 'nothing' | 'closure';
}

/** What generated code says of its module. */
export interface ModuleDescription {
  /** The {@link CONTRACT} it was generated for. */
  readonly contract: number;
  /** The version of wasm-revive that generated it. */
  readonly generatedBy: string;
  readonly name: string;
  /** Where its scopes don't say by {@link Scope.entries}. */
  readonly entries?: readonly Entry[];
  /** Which build it is, for reports. */
  readonly build?: Build;
  /** What writes the arguments of Rust's messages, where the module has names. */
  readonly formatters?: Formatters;
  /** Where Rust counts the panics that go on, as an address in its memory. */
  readonly panicCount?: number;
  /** The exports that the transform has added: the wasm file as wasm-bindgen wrote it has none of them, and its stack pointers can't be put back. */
  readonly added?: readonly string[];
  /** What it needs of the engine for exceptions; not there where it catches nothing: under panic=abort. */
  readonly exceptions?: ExceptionHandling;
  /** What the user does to initialise it, for `REVIVE_NOT_READY`; undefined where it initialises itself. */
  readonly init?: string;
  /** What undoes its turns, where that can be done: then it has the exports of {@link Undoing}, those of the undo log or those that are copied. */
  readonly undo?: UndoSupport;
  /** Whether the module has the reinit-manager crate and doesn't signal: the end of every turn has to ask it. */
  readonly reinitRequests?: boolean;
  /** Reads the module again, where the first instance may be given without it. */
  readonly load?: () => Promise<WebAssembly.Module>;
  /** What siblings are given in place of the façade; not there where there is none. */
  readonly siblings?: SiblingFacade;
  /**
   * Given the scope that serves, whenever that changes, and where the pointers of its handles start; undefined while callers are to ask. Where
   * several serve, an object like a scope's, whose functions choose one of them, and infinity: whoever has a handle is to ask.
   */
  readonly onCurrent: (raw: Raw | undefined, base: number) => void;
}

/** Which scope serves, as a façade reads it. Only the manager writes it. */
export interface Live {
  /** {@link Scope.raw} of the scope that serves, or an object without its fields. */
  raw: Partial<Raw>;
  /** Where the pointers of its handles start. */
  base: number;
}

/** What the façade of a sibling asks of the runtime. */
export interface SiblingApplication {
  readonly control: { reset(): void };
  wake(): Api;
}

/** What it takes to give a sibling what the module exports. */
export interface SiblingFacade {
  /** The façade's functions and classes again, with `live` and `application` of the sibling's own. */
  exportsFor(live: Live, application: SiblingApplication): SiblingExports;
  /** The façade's functions and classes, by the names that `exportsFor` gives them. */
  forwarded(): Readonly<Record<string, object>>;
  /** What the module exports. */
  exported(): Readonly<Record<string, unknown>>;
}

/** What a façade has for a sibling: functions, and what it takes to make of the façade's classes the sibling's. */
export type SiblingExports = Readonly<Record<string, ((...args: never[]) => unknown) | SiblingClass>>;

/** What a sibling's class is made of. */
export interface SiblingClass {
  /** The class itself, a function, still without its statics, base class and prototype. */
  readonly construct: new (
    ...args: unknown[]
  ) => object;
  /** Its static methods and accessors. */
  readonly statics: object;
}

/** What the façade asks of the runtime: a module under management. `Control` is the control handle that users get. */
export interface Application<Control = unknown> {
  /** The control handle, exported as `__revive`. */
  readonly control: Control;
  /**
   * Refuses an engine that can't run the module, where the module is compiled before anything else is asked of the manager.
   * Throws `REVIVE_UNSUPPORTED_ENGINE`.
   */
  checkEngine(): void;
  /**
   * Imports for an instance that the caller makes, perhaps asynchronously, and gives to {@link adopt} together with them.
   * Throws `REVIVE_UNSUPPORTED_ENGINE`.
   */
  prepare(): WebAssembly.Imports;
  /** Starts an instance that was made with prepared imports. Ignored when another one serves by then. */
  adopt(imports: WebAssembly.Imports, instance: WebAssembly.Instance, module: WebAssembly.Module): void;
  /**
   * Instantiates a module and starts the instance. Where the engine only does that asynchronously, gives a promise of it; that may be left alone,
   * for calls are refused with `REVIVE_NOT_READY` until then, and with why it failed from then on.
   */
  boot(module: WebAssembly.Module): Promise<void> | undefined;
  /**
   * Takes over the instance that an engine, a bundler or a program has made of the wasm file, where there is one, and else makes one.
   * @param source what `import * as wasm from '../app_bg.wasm'` gave, or the exports of an instance
   * @param module undefined or null: there is none to be had
   * @param imports prepared ones, with which the instance was made
   * @param start false: the program has made the instance by itself, and will start it
   */
  bootFrom(
    source: object,
    module: WebAssembly.Module | null | undefined,
    imports: WebAssembly.Imports,
    start: boolean,
  ): Promise<void> | undefined;
  /**
   * Takes over the exports that `bootFrom` was given as a promise of them, for somebody needs them. In plain glue, this reads one off the object that
   * stands in for them, which throws the program's own words, or makes the instance, and may give its exports by then. False: nothing was promised.
   */
  claim(): boolean;
  /** The functions to forward to; makes a fresh instance when the last one was lost. Throws `REVIVE_NOT_READY`, `REVIVE_NO_INSTANCE` or `REVIVE_CRASH_LOOP`. */
  wake(): Api;
  /** The functions for a handle, by its pointer. Throws `REVIVE_STALE_HANDLE` when what it points to is gone. */
  owner(pointer: unknown, what: string): Api;
  /** Whether a pointer, of a handle, points to something that is gone. */
  isGone(pointer: unknown): boolean;
  /** The guarded exports of the instance that serves. */
  exports(): GuardedExports;
}

/** What the transform adds to a module whose turns can be undone: the names of its exports. */
export interface Undoing {
  readonly commit: string;
  readonly rollBack: string;
  readonly note: string;
  readonly changed: string;
  readonly canary: string;
  readonly global: string;
  readonly save: string;
  readonly load: string;
  readonly references: string;
}

/** What generated code and runtime know of the turn that is running, where turns can be undone. */
export interface TurnState {
  /** Whether a call of the user's is running: what enters the instance meanwhile belongs to its turn. */
  isCalled: boolean;
  /** Whether the host is to hear of its end, even where Wasm has changed nothing. */
  hasChanged: boolean;
  /** Whether an import was called that may have done something which isn't taken back. */
  hasReached: boolean;
}

/** What glue keeps of a closure of Rust: its addresses, and how many use it. */
export type ClosureState = Record<string, unknown>;

/** What a scope asks of the runtime. None of it is on the path of a call that goes well, hooks apart. */
export interface Host {
  readonly generation: number;
  /** What the scope adds to the pointers of its handles, see `handle.ts`. */
  readonly base: number;
  /** Whether a plugin wants to hear of turns: only then are {@link call} and {@link entered} called. */
  readonly turns: boolean;
  /** Of the turn that is running. The scope says that a call of the user's begins and ends, where turns can be undone and no plugin hears of them. */
  readonly turn: TurnState;
  /** What the user calls by this name: all that it enters in one go is one turn. Gives the function to call in its place. */
  call<A extends unknown[], R>(name: string, run: (...args: A) => R): (...args: A) => R;
  /** In place of `new PanicError(payload)` in the glue: the message, or a value of JavaScript that Rust panicked with. */
  panic(payload: unknown): unknown;
  /** What a guard that has shut the scope by itself throws its caller, which is JavaScript. */
  readonly exhausted: Error;
  /** What it calls besides: has the host look at the instance as soon as there is stack for it. A function of the engine's, for it takes none. */
  readonly alarm: () => void;
  /** An entry into a lost instance. True: do nothing and return undefined. Throws `REVIVE_STALE_HANDLE` otherwise. */
  refuse(entry: number): true;
  /** An outermost entry. */
  entered(entry: number): void;
  /** What a call of the user's gives that is a turn, where something else than Wasm has changed, before the turn is over. @param name of the call */
  returns(result: unknown, name: string): void;
  /** The end of an outermost entry that went well; of a turn, where no plugin hears of turns. */
  left(): void;
  /**
   * What left an export by throwing; gives what its caller is to be thrown.
   * @param imports how many imports are running: without one, no frame of the instance is left
   */
  threw(error: unknown, entry: number, imports: number): unknown;
  /** What left an import by throwing; gives what the Wasm frames are to be thrown. @param imports how many are still running */
  crossed(error: unknown, deliberate: boolean, imports: number): unknown;
  /** An import returns into Rust that was running when {@link Scope.watch} was called. @param imports how many are still running */
  returned(imports: number): void;
  /** What Rust was unwound with because an import threw; gives it back. */
  unwinding(exception: unknown): unknown;
  /** A handle of another generation was given to this instance. Throws `REVIVE_STALE_HANDLE`. */
  strange(pointer: number, className: string): void;
  /** `new Promise`, for promises that Rust has to settle. */
  promise<T>(executor: PromiseExecutor<T>): Promise<T>;
  /** `new Promise(executor)` of any function: Rust has to settle it where the function is a closure of Rust. */
  promiseOf<T>(executor: PromiseExecutor<T>): Promise<T>;
  /** `Reflect.construct` with a closure that Rust lends, which makes a promise for Rust to settle where it is given such a class. */
  construct(target: unknown, args: unknown, ...newTarget: unknown[]): unknown;
  /** `Reflect.construct` of anything: the same where it is given a closure of Rust. */
  constructOf(target: unknown, args: unknown, ...newTarget: unknown[]): unknown;
  /** `Promise.withResolvers`. */
  withResolvers(): unknown;
  /** The import that made this value was lost while it ran: if it is a promise, nobody handles it. Gives the trap that must go on through the frames of the lost instance. */
  dropped(result: unknown): unknown;
  /** A closure of Rust that the program gives to a `FinalizationRegistry`: nobody catches what it throws, so its failure is reported, not thrown. */
  finalizer(callback: unknown): unknown;
  /** Where turns can be undone: something of the glue's own is about to change, and this puts it back. */
  changes(putBack: () => void): void;
  /** `new FinalizationRegistry(callback)`, of the glue's own, for handles and closures. @param callback undefined: the engine has none of those, and turns can be undone */
  registry(callback?: (held: unknown) => unknown): Registry;
  /**
   * A closure of Rust that the glue has made for JavaScript to keep. Gives what JavaScript is to have: the same, unless turns are heard of.
   * @param form its place in {@link Scope.closures}
   */
  closure<F>(closure: F, state?: ClosureState, form?: number): F;
  /** What an import reads where it reads a property `queueMicrotask`. Gives it back. */
  readQueueMicrotask<T>(value: T): T;
  /**
   * What an import makes by `Promise.resolve`. Gives it back. @param values where turns can be undone, what the promise was made of; where the executor of
   * futures can be none but one of wasm-bindgen-futures before 0.4.38, which runs its queue by `then` of such a promise, that and `true`
   */
  resolvedPromise<T>(promise: T, ...values: readonly unknown[]): T;
  /**
   * What Rust gives to `queueMicrotask`. A closure of its own runs once, and its failure is reported and not thrown; the executor of futures has
   * more tasks in its queue than the one that fails, and is entered again for those.
   * @param entersAgain false: the executor would panic over being entered when it has not asked for it
   * @param undone the second argument of `queueMicrotask`, of which engines take no notice. Where both are closures of Rust, the first polls a task:
   * the turn that it is may be undone, and then this is called at once, with the error, in a turn of its own
   */
  microtask(callback: unknown, entersAgain: boolean, undone?: unknown): unknown;
  /** `target[method](...args)`, for methods by which the host is given a listener, or a timer is set: what is lost is taken back. */
  register(target: unknown, method: string, args: unknown[]): unknown;
  /** `target[property] = handler`, for `onclick` and its like; `set` does it. */
  setHandler(target: unknown, property: string, handler: unknown, set: (target: unknown, handler: unknown) => unknown): void;
  /** `new observer(...args)`, for `MutationObserver` and its like. */
  observe(observer: new (...args: unknown[]) => object, args: unknown[]): object;
  /** `target[method](...callbacks)` for `then`, `catch` and `finally`, whose failures must not become unhandled rejections where they are promises'. */
  react(target: Thenable, method: 'then' | 'catch' | 'finally', callbacks: unknown[]): unknown;
  /** wasm-bindgen's own signal that Rust asked for a new instance (`wasm_bindgen::handler::schedule_reinit`, 0.2.116 and later). */
  reinitRequested(): void;
  /**
   * The import by which the reinit-manager crate signals is being called: the instance's memory says what the crate asks for. True: call
   * {@link turnEnded} when the turn ends.
   */
  signalled(): boolean;
  /** The end of an outermost entry that went well and in which Rust has signalled. */
  turnEnded(): void;
  /** The import by which the unwind-catcher crate says that Rust has panicked: all that led to it is still on the stack. */
  panicked(): void;
}

/**
 * The functions of Rust's standard library that write the arguments of messages, by their place in the function table: of what type the
 * argument is, with an `&` in front for each reference, and a `?` behind for `Debug`. `i32`, `&str?`, `&dyn`, `Arguments`.
 */
export type Formatters = Readonly<Record<number, string>>;

/** As in `new Promise(executor)`. */
export type PromiseExecutor<T> = (resolve: (value: T | PromiseLike<T>) => void, reject: (reason?: unknown) => void) => void;

/** What `react` reacts to. */
export type Thenable = Record<'then' | 'catch' | 'finally', (...callbacks: unknown[]) => unknown>;
