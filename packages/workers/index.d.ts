//#region ../kernel/dist/index.d.ts
//#endregion
//#region src/failure.d.ts
/** Where in the Rust source something happened. Lines and columns count from 1. */
interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
/** One Wasm frame of a stack trace, innermost first. `offset` is in bytes from the start of the module. */
interface Frame {
  readonly function?: string;
  readonly index?: number;
  readonly offset?: number;
}
/** What Rust said when it panicked. */
interface PanicInfo {
  readonly message: string;
  readonly location?: Location;
  readonly frames: readonly Frame[];
}
/** Why an instance can no longer be trusted. */
type AbortCause = "panic-abort" | "abort" | "unreachable" | "out-of-memory" | "stack-overflow" | "out-of-bounds" | "indirect-call" | "arithmetic" | "foreign-exception" | "terminated" | "unknown";
/** A Rust panic that ran its destructors and was caught: the instance is intact. */
interface Unwound {
  readonly kind: "unwound";
  readonly panic: PanicInfo;
}
/** The instance can no longer be trusted. */
interface Aborted {
  readonly kind: "aborted";
  readonly cause: AbortCause;
  /** What Rust said, when it could say it. */
  readonly panic?: PanicInfo;
  /** Size and alignment in bytes of the allocation that could not be made. */
  readonly allocation?: {
    readonly size: number;
    readonly align: number;
  };
  /** The error that the engine raised. */
  readonly trap: unknown;
  readonly frames: readonly Frame[];
}
/** Everything that can go wrong inside an instance. An error that Rust threw on purpose is not a failure. */
type Failure = Unwound | Aborted;
/** What is done after a failure. */
type Recovery = "keep" | "fresh" | "retire"; //#endregion
//#region src/black-box.d.ts
/** What Rust said was running, by the entrypoint-shim crate's `entry` and `task`. */
interface Running {
  readonly entrypoint?: string;
  /** The task that was being polled. */
  readonly task?: number;
}
/** What the crates wrote down before the instance failed. */
interface BlackBox {
  /** How many panics have been recorded since the last one was told. */
  readonly panicCount: number;
  readonly panic?: {
    readonly message: string;
    readonly location: Location;
  };
  /** When it panicked: unwinding drops the marks. */
  readonly runningAtPanic?: Running;
  readonly failedAllocation?: {
    readonly size: number;
    readonly align: number;
  };
  readonly running: Running;
  readonly reinitRequested: boolean;
}
/**
* Reads the black box out of an instance's memory, without running any Wasm.
* @returns undefined when the module has none, or when its memory holds something else there
*/
//#endregion
//#region src/exception-handling.d.ts
/** `legacy`: `try`, `catch`, as engines first shipped it; `exnref`: `try_table`, `throw_ref`, as it became part of WebAssembly 3.0. */
type ExceptionEncoding = "legacy" | "exnref";
/** What a module needs of its engine to throw and catch. */
interface ExceptionHandling {
  readonly encoding: ExceptionEncoding;
  /** Whether it catches what JavaScript throws by the engine's own `WebAssembly.JSTag`. */
  readonly jsTag: boolean;
}
/**
* Refuses an engine that can't run a module's exception handling, before the module is instantiated.
* @throws ReviveError `REVIVE_UNSUPPORTED_ENGINE`: what the module uses, what the engine supports, what to do
*/
//#endregion
//#region src/report.d.ts
/** A failure without the engine's error object in it, so that it survives `JSON.stringify`. */
type FailureRecord = {
  readonly kind: "unwound";
  readonly panic: PanicInfo;
} | {
  readonly kind: "aborted";
  readonly cause: AbortCause;
  readonly panic?: PanicInfo;
  readonly allocation?: {
    readonly size: number;
    readonly align: number;
  };
  readonly trap: {
    readonly name: string;
    readonly message: string;
  };
  readonly frames: readonly Frame[];
};
/** Which build of a module it was. */
interface Build {
  /** 16 hexadecimal digits: the beginning of the SHA-256 of the contents of the wasm file's code section. */
  readonly id: string;
  /** Where those contents begin in the file that ran, in bytes: addresses in DWARF count from there, offsets of frames from the file's start. */
  readonly codeOffset: number;
}
/** The version of {@link CrashReport} and of its schema, `crash-report.schema.json`. */
declare const REPORT_VERSION = 1;
/** Plain JSON about one failure. Holds no arguments, and of the memory only what the program left for it: messages and breadcrumbs. */
interface CrashReport {
  readonly version: typeof REPORT_VERSION;
  readonly failure: FailureRecord;
  /** The same for the same bug: 16 hexadecimal digits, see {@link fingerprint}. */
  readonly fingerprint: string;
  /**
  * The entrypoint through which the instance was entered, as its user calls it. Where nobody called (a task's later poll), what Rust said
  * was running, if it said so.
  */
  readonly entrypoint?: string;
  /** The task that was being polled, by the number that the entrypoint-shim crate gave it. */
  readonly task?: number;
  /** The last things that the program said it was doing, oldest first (the abort-detector crate's `breadcrumb!`). */
  readonly breadcrumbs?: readonly string[];
  readonly module: string;
  /** Undefined where the module was not transformed. */
  readonly build?: Build;
  /** The key of the instance, as text, where it is one of `instance(key)`. */
  readonly instance?: string;
  /** Which instance: counted up at every fresh one. */
  readonly generation: number;
  /** Size of the linear memory in bytes when it failed. */
  readonly memoryBytes: number;
  /** Milliseconds since the instance was started. */
  readonly uptimeMs: number;
  /** Calls that were in flight on the instance and have been rejected. */
  readonly callsLost: number;
  /** What is done. */
  readonly recovery: Recovery;
  /** Epoch milliseconds. */
  readonly at: number;
}
/** Takes the engine's error object out of a failure, and the program's text through its redaction. */
/** Functions that the façade calls, by the name the generator gave them: `greet`, `Counter$inc`, and `Counter$static$of` for a static member. */
type Api = Readonly<Record<string, (...args: never[]) => unknown>>;
/** Exports of an instance behind their guards, in place of `instance.exports`. */
/**
* What binds a scope to its instance. Only the scope writes it. A guard that catches something does so without a call, for it may have no stack
* left for one; from then on neither the façade nor another guard finds the way in. Both fields are there or neither.
*/
interface Raw {
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
/** The names of a module's entries, in the order in which guards know them. */
interface Entry {
  /** As its user calls it: `greet`, `Counter.inc`; the export's name for what users don't call. */
  readonly name: string;
  /** What it does once the instance is lost: throw a stale-handle error, do nothing, or be a stale closure. */
  readonly whenLost: "throw" | "nothing" | "closure";
}
/** What generated code says of its module. */
interface ModuleDescription {
  /** The {@link CONTRACT} it was generated for. */
  readonly contract: number;
  /** The version of wasm-revive that generated it. */
  readonly generatedBy: string;
  readonly name: string;
  readonly entries: readonly Entry[];
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
interface Live {
  /** {@link Scope.raw} of the scope that serves, or an object without its fields. */
  raw: Partial<Raw>;
  /** Where the pointers of its handles start. */
  base: number;
}
/** What the façade of a sibling asks of the runtime. */
interface SiblingApplication {
  readonly control: {
    reset(): void;
  };
  wake(): Api;
}
/** What it takes to give a sibling what the module exports. */
interface SiblingFacade {
  /** The façade's functions and classes again, with `live` and `application` of the sibling's own. */
  exportsFor(live: Live, application: SiblingApplication): SiblingExports;
  /** The façade's functions and classes, by the names that `exportsFor` gives them. */
  forwarded(): Readonly<Record<string, object>>;
  /** What the module exports. */
  exported(): Readonly<Record<string, unknown>>;
}
/** What a façade has for a sibling: functions, and what it takes to make of the façade's classes the sibling's. */
type SiblingExports = Readonly<Record<string, ((...args: never[]) => unknown) | SiblingClass>>;
/** What a sibling's class is made of. */
interface SiblingClass {
  /** The class itself, a function, still without its statics, base class and prototype. */
  readonly construct: new (...args: unknown[]) => object;
  /** Its static methods and accessors. */
  readonly statics: object;
}
/** What the façade asks of the runtime: a module under management. `Control` is the control handle that users get. */
/**
* The functions of Rust's standard library that write the arguments of messages, by their place in the function table: of what type the
* argument is, with an `&` in front for each reference, and a `?` behind for `Debug`. `i32`, `&str?`, `&dyn`, `Arguments`.
*/
type Formatters = Readonly<Record<number, string>>;
/** As in `new Promise(executor)`. */
/** What an npm package says of itself: its version, and which crate it is matched with. */
interface MatchedPackage {
  readonly name: string;
  readonly version: string;
  readonly crate: string;
}
/** Reads which wasm-revive crates a module was built with. */
//#endregion
//#region src/errors.d.ts
/**
* Every code that a {@link ReviveError} can carry, and what it means to the caller.
* Build-time codes are in `@wasm-revive/bindgen`.
*/
declare const ERROR_CODES: {
  readonly REVIVE_PANIC: "Rust panicked; destructors ran, the instance is intact.";
  readonly REVIVE_ABORT: "The instance aborted during this call (trap, abort, out of memory, stack overflow, panic under panic=abort).";
  readonly REVIVE_INSTANCE_LOST: "This call was in flight on an instance that was lost through another failure.";
  readonly REVIVE_STALE_HANDLE: "The object points into an instance that is gone, or that is not the one it was given to.";
  readonly REVIVE_FOREIGN_HANDLE: "The object belongs to another instance of the module than the one to which it was given; both are well.";
  readonly REVIVE_TOO_MANY_INSTANCES: "There are as many keyed instances of the module as are allowed.";
  readonly REVIVE_DRAINING: "The module admits no new calls: `drain()` or `dispose()` was called. This call did nothing.";
  readonly REVIVE_DISPOSED: "The module was disposed of; `reset()` brings it back. This call did nothing.";
  readonly REVIVE_CRASH_LOOP: "The module failed too often; it is not started again for now.";
  readonly REVIVE_VERSION_MISMATCH: "The module was built with a crate that does not match this package, or is not the one that was transformed with it.";
  readonly REVIVE_CONTRACT_MISMATCH: "The package was transformed by a version of wasm-revive that does not match its runtime.";
  readonly REVIVE_NOT_READY: "The module was called before it was initialised.";
  readonly REVIVE_RECOVERING: "A fresh instance is being made, asynchronously: the call did nothing, repeat it when `ready` is settled.";
  readonly REVIVE_NO_INSTANCE: "The engine could not make a fresh instance; the cause says why.";
  readonly REVIVE_NO_MODULE: "No WebAssembly.Module could be obtained, so no instance can be made.";
  readonly REVIVE_NO_STACK_POINTER: "The module does not export its stack pointer, which has to be put back after a panic that leaves it.";
  readonly REVIVE_UNSUPPORTED_ENGINE: "This engine does not run the encoding of exception handling that the module uses.";
};
/** One of {@link ERROR_CODES}. */
type ReviveErrorCode = keyof typeof ERROR_CODES;
/** What a {@link ReviveError} is made from. */
interface ReviveErrorInit {
  /** The error that led to this one; always kept. */
  readonly cause?: unknown;
  /** True when repeating the call can't do anything twice, or the program has declared the call idempotent. False when that is not known. */
  readonly retryable?: boolean;
  readonly report?: CrashReport | undefined;
  /** See {@link ReviveError.retryAfter}. */
  readonly retryAfter?: number | undefined;
  /** See {@link ReviveError.ready}. */
  readonly ready?: Promise<void> | undefined;
}
/** The one base class of what wasm-revive throws at run time. */
declare class ReviveError extends Error {
  readonly code: ReviveErrorCode;
  readonly retryable: boolean;
  /** The crash report, on errors that stand for a failure. */
  readonly report?: CrashReport | undefined;
  /** After how many milliseconds to repeat the call, on errors that say that no instance is there for now. */
  readonly retryAfter?: number | undefined;
  /** Settled when an instance serves, or none could be made, on errors with the code `REVIVE_RECOVERING`. No unhandled rejection comes of it. */
  readonly ready?: Promise<void> | undefined;
  constructor(code: ReviveErrorCode, message: string, init?: ReviveErrorInit);
}
/**
* A Rust panic that was unwound and caught (`REVIVE_PANIC`).
* It takes the place of the `PanicError` in wasm-bindgen's glue (0.2.115 and later), whose constructor takes the panic's message.
*/
declare class PanicError extends ReviveError {
  /**
  * @param message of any length; the error's has at most 16,384 UTF-16 code units, and says how many were left out
  * @param panic what is known of it, where there will be no report
  */
  constructor(message: string, init?: ReviveErrorInit, panic?: PanicInfo);
  /** Message, and location where the module has the crate's hook. */
  get panic(): PanicInfo | undefined;
}
/** Whether a value is a {@link ReviveError}, from this copy of the package or another; optionally of one code. */
/** What the transform found out about a module, as plugins see it. */
type ModuleFacts = Pick<ModuleDescription, "name" | "build" | "formatters" | "panicCount" | "exceptions">;
/** Whether a module catches panics: it was built with panic=unwind. */
//#endregion
//#region src/panicking.d.ts
/** How far Rust is with a panic: there is `none`; its `hook` runs; it is `unwinding`, or about to abort. */
type PanicPhase = "none" | "hook" | "unwinding";
/**
* What Rust believes of its panics, read from an instance.
*
* Where the transform has found it, that is the standard library's own count: `LOCAL_PANIC_COUNT` in `std::panicking::panic_count`, with a byte
* behind that says whether the hook runs. Elsewhere the crates are asked.
*/
declare class Panicking {
  #private;
  constructor(exports: WebAssembly.Exports, module: ModuleFacts);
  /** How far Rust is with a panic; undefined where that isn't known. Runs nothing. */
  get phase(): PanicPhase | undefined;
  /**
  * Whether a panic goes on that nobody will end, now that something has left the instance by throwing, which was no trap. Who threw it doesn't
  * matter: what leaves while Rust panics takes the panic's frames with it. May run the unwind-catcher crate.
  *
  * Where panics are caught, one of frames further out may go on and end well. There that can be told only when no frame is left.
  *
  * @param quiescent whether no frame of the instance is on the stack
  */
  isLeft(quiescent: boolean): boolean;
  /**
  * Says that a panic has ended which left the instance as an exception that nobody in Rust has caught: it is counted no longer, as if Rust had
  * caught it. The other count that Rust has says only whether this one is worth a look.
  */
  ended(): void;
}
/** {@link Panicking} as plugins see it: of any copy of this package. */
type PanickingView = Pick<Panicking, "phase" | "isLeft" | "ended">; //#endregion
//#region src/panics.d.ts
/** A panic that wasm-bindgen caught at the boundary, with what the crates had written down of it by then: the next one writes over that. */
interface CaughtPanic {
  readonly error: PanicError;
  readonly blackBox: BlackBox | undefined;
  /** An error with the stack of where Rust panicked; undefined where the crate hasn't said that it did. */
  readonly site: Error | undefined;
} //#endregion
//#region src/plugin.d.ts
/** `idle`: made, not started; `running`: may be entered; `lost`: never entered again. */
type InstanceState = "idle" | "running" | "lost";
/**
* What plugins get of an instance: an object with these members and no others, the same one for each hook. An interface, so that a plugin of one
* copy of this package fits the instances of another.
*/
interface InstanceView {
  /** The key of a sibling as text, as reports give it; undefined for the instance that the module's own exports lead to. */
  readonly key: string | undefined;
  readonly generation: number;
  readonly state: InstanceState;
  /** What the transform found out about its module. */
  readonly module: ModuleFacts;
  /** The raw exports, for reading memory and globals; undefined before they are bound and once everybody has been told of a loss. */
  readonly exports: WebAssembly.Exports | undefined;
  /** What Rust believes of its panics; there as long as the exports are. */
  readonly panicking: PanickingView | undefined;
  /** The size of its memory; 0 where there are no exports. */
  readonly memoryBytes: number;
  /** How many promises it has still to settle. */
  readonly callsInFlight: number;
}
/** What a guard caught, as plugins see it. */
interface Thrown {
  readonly error: unknown;
  /**
  * How the error got to the guard: `own`, Wasm raised it; `foreign`, an import threw it through Wasm frames;
  * `deliberate`, Rust threw it on purpose through one of wasm-bindgen's own throwing imports.
  */
  readonly origin: "own" | "foreign" | "deliberate";
  /** The panic that wasm-bindgen caught at the boundary, when this is one. */
  readonly panic: CaughtPanic | undefined;
  /** Undefined where the event loop entered. */
  readonly entrypoint: string | undefined;
  /** Whether no frame of the instance is left on the stack. */
  readonly quiescent: boolean;
  /** Whether it has torn the executor: it left a poll, and no JavaScript in between could catch it. */
  readonly tornPoll: boolean;
  readonly instance: InstanceView;
  /**
  * Says that the instance can't be trusted, as soon as that is known and before anybody looks closer: looking may run the program's code, such
  * as its `Error.prepareStackTrace`, and that is let in no more. Whatever is decided then, it isn't kept.
  */
  condemn(): void;
}
/**
* A feature, as a handful of small hooks. They are composed once, when the first instance is made, into plain functions:
* a hook that no plugin has costs nothing on a call, and each is called without `this`.
*/
interface Plugin {
  readonly name: string;
  /** The package that the plugin comes from, where a crate is matched with it: a module with another version of the crate is refused. */
  readonly package?: MatchedPackage;
  /** The instance's exports are there; nothing of it has run. Throwing refuses the module. */
  readonly instantiated?: (instance: InstanceView) => void;
  /**
  * JavaScript enters an idle instance: a turn begins. A turn is one call of the user's, however often that enters: of a function, a method, a
  * closure, a finalizer or the executor of futures. What this throws is logged, as of {@link committed}.
  */
  readonly entered?: (instance: InstanceView, entrypoint: string) => void;
  /** The turn is over and the instance goes on, also after a panic that was caught and an error that Rust threw on purpose. It is quiescent. */
  readonly committed?: (instance: InstanceView) => void;
  /**
  * An import throws into Rust's panic hook. Unless Rust catches that, the panic ends by it, which is known only when something has left the
  * instance: by then destructors may have written over what Rust has in memory of the panic. Its own stack pointer is where the hook is.
  * @param suspected whether something has left frames of the instance before, with others further out: those may have been the panic's own
  */
  readonly leavesHook?: (instance: InstanceView, error: unknown, suspected: boolean) => void;
  /**
  * What left an export by throwing. The first plugin that answers decides; undefined: an ordinary JavaScript error. Where one throws, the instance
  * is taken for lost.
  */
  readonly threw?: (thrown: Thrown) => Failure | undefined;
  /** What to do after a failure. The first plugin that answers decides; an instance that was condemned, or whose executor is torn, isn't kept. */
  readonly failed?: (instance: InstanceView, failure: Failure) => Recovery | undefined;
  /**
  * An abort has cost the instance: nothing of it runs any more, and its exports can be read for the last time. Every plugin hears of it,
  * before the program does. What it throws can't break recovery. After a full stack it comes late, where there is room for it.
  */
  readonly lost?: (instance: InstanceView, report: CrashReport) => void;
}
/** {@link Plugin}s made one. */
//#endregion
//#region ../reinit-manager/dist/index.d.ts
//#endregion
//#region src/supervision/restart-intensity.d.ts
/** How often a module may be made anew, whatever it has served in between: no more than `maxRestarts` times in `withinMs`. */
interface RestartIntensity {
  /** Default: no limit. */
  readonly maxRestarts?: number;
  /** In milliseconds. Default 10,000. */
  readonly withinMs?: number;
} //#endregion
//#region src/supervision/breaker.d.ts
/** When something that fails is made anew no more, and for how long. */
interface BreakerOptions extends RestartIntensity {
  /**
  * After so many failures in a row, without a success in between, nothing is made for a while. A failure before anything was asked of it counts
  * twice. Default 10; `Infinity` for no limit.
  */
  readonly consecutiveFailures?: number;
  /** The first pause, in milliseconds. Each that follows without a success is twice as long. Default 200. */
  readonly backoffMs?: number;
  /** The longest pause. Default 10,000. */
  readonly maxBackoffMs?: number;
}
/**
* `closed`: whatever fails is made anew; `open`: nothing is made until {@link Breaker.retryAfter} has passed; `half-open`: one was made after that,
* and has to prove itself.
*/
//#endregion
//#region src/place/persisted.d.ts
/** What a program has saved of one value. */
interface Saved {
  /** The version that the program gave the value. */
  readonly version: number;
  readonly bytes: Uint8Array;
}
/** Where a program keeps what Rust has saved, beside the memory of the runtime. What these throw is logged, and changes nothing. */
interface PersistStore {
  /**
  * Gives what was saved under a name, when the value is used for the first time and this runtime has nothing saved of it. Called while Rust waits.
  * @param instance the key of a sibling as text
  * @param key the key itself: objects may all have the same text
  */
  readonly load?: (name: string, instance: string | undefined, key: unknown) => Saved | undefined;
  /** Called in a microtask after each turn that has saved. The parameters are those of `load`. */
  readonly save?: (name: string, saved: Saved, instance: string | undefined, key: unknown) => void;
} //#endregion
//#region src/leaving/closing.d.ts
/** How an instance is ended that may have calls in flight. */
interface DrainOptions {
  /**
  * How long calls in flight may take, in milliseconds; then they are rejected with `REVIVE_INSTANCE_LOST`. Default: `ReviveOptions.drainMs`.
  * `Infinity`: as long as they need.
  */
  readonly drainMs?: number | undefined;
} //#endregion
//#region src/place/standby.d.ts
/** Instances that are made ahead, off any call's path. */
interface StandbyOptions {
  /** How many. They are there from the first instance on. */
  readonly count: number;
  /** What their memories may take together, in bytes. Default: no limit. */
  readonly maxBytes?: number;
  /**
  * Whether their start functions may run ahead of need, while another instance serves. One that fails is thrown away, and is a failed start.
  * One that uses what the program persists is thrown away, too, and those that follow are not started ahead. Default false.
  */
  readonly started?: boolean;
} //#endregion
//#region src/leaving/recycling.d.ts
/** When an instance is replaced by a fresh one, though it is well. Whichever comes first. */
interface RecycleOptions {
  /** Its memory, in bytes, has grown past this. Wasm never gives memory back. */
  readonly memoryBytes?: number | undefined;
  /** It has served so many turns. */
  readonly turns?: number | undefined;
  /** It has served for so long, in milliseconds. */
  readonly ageMs?: number | undefined;
}
/** Which of {@link RecycleOptions} it was. */
type RecycleReason = "memory" | "turns" | "age"; //#endregion
//#region src/events.d.ts
/** How an instance says where it was: the key of a sibling as text, or nothing. */
interface Where$1 {
  readonly instance?: string;
}
/** What can be listened to, and what a listener is given. */
interface Events {
  /** An instance failed; the report says how, and what is done. */
  failure: CrashReport;
  /** A fresh instance serves. `error`: what its start function threw, which runs again in every instance, where it threw without failing. */
  recovered: {
    readonly generation: number;
    readonly ms: number;
    readonly error?: unknown;
    readonly instance?: string;
  };
  /** Something of a lost instance was used; the call did nothing. */
  stale: {
    readonly entrypoint: string;
    readonly generation: number;
    readonly instance?: string;
  };
  /** The option `recycle` has replaced the instance of generation `from`, which was well. `error`: as in `recovered`. */
  recycled: Where$1 & {
    readonly reason: RecycleReason;
    readonly from: number;
    readonly generation: number;
    readonly error?: unknown;
  };
  /** The option `recycle` can't be carried out: no fresh instance could be made, or it would be above the mark by itself. Emitted once. */
  recycleFailed: Where$1 & {
    readonly reason: RecycleReason;
    readonly generation: number;
    readonly error: unknown;
  };
  /** An instance that was replaced while calls were in flight on it has ended. `callsLost`: how many had not settled by then. */
  drained: Where$1 & {
    readonly generation: number;
    readonly callsLost: number;
  };
  /** An instance has begun with a value that the program had saved (the crate's `persist!`). */
  restored: PersistedValue & {
    readonly version: number;
    readonly bytes: number;
  };
  /**
  * A value could not be restored, and starts anew; or it could not be saved, and what was saved before stays. Where nobody listens, it is
  * logged.
  */
  persistFailed: PersistedValue & {
    readonly action: "save" | "restore";
    readonly reason: string;
  };
  /**
  * Too many instances failed: for `retryAfter` milliseconds calls are refused with this error. Then one instance is made for the first call that
  * comes. `attempt`: how often in a row that has happened; the pause grows with it.
  */
  opened: {
    readonly error: ReviveError;
    readonly retryAfter: number;
    readonly attempt: number;
    readonly instance?: string;
  };
  /** The pause is over, and an instance is being made for a call. If it serves one well, `closed` follows, else `opened`. */
  probing: {
    readonly attempt: number;
    readonly instance?: string;
  };
  /** An instance has served a call well, or the program has reset the module: whatever fails is made anew again. */
  closed: {
    readonly instance?: string;
  };
  /** A call is run again, whose instance was lost: for the first time (1), the second … `error` is what it would have got. */
  retried: Where$1 & {
    readonly entrypoint: string;
    readonly attempt: number;
    readonly error: ReviveError;
  };
  /** Calls are refused with this error until the program resets the module. */
  retired: ReviveError;
}
/** Which value it is that the program persists, and in which instance. */
interface PersistedValue {
  /** The name that the program has given it, `my_crate::module::DRAFTS` without. */
  readonly name: string;
  readonly generation: number;
  readonly instance?: string;
}
/** One of {@link Events}. */
type EventName = keyof Events; //#endregion
//#region src/pool/pool.d.ts
/**
* Where a pooled call goes: to the instance that owes the fewest promises, or to the instance of a key, which the function gives. It is given the
* name of what is called (`greet`, `new Counter`, `Counter.of`), and the arguments.
*/
type PoolRoute = "least-in-flight" | ((entry: string, args: readonly unknown[]) => unknown);
/** Several instances that serve the module's own exports. */
interface PoolOptions {
  /** How many are made ahead, and kept when they are idle; the default instance is one of them. Default 1. Not with a function as {@link route}. */
  readonly min?: number;
  /** How many there are at most, the default instance among them. From 1 to 1,000, default 4. In V8 each takes 10 GB of addresses, not of memory. */
  readonly max?: number;
  /** Default `least-in-flight`. */
  readonly route?: PoolRoute;
} //#endregion
//#region src/pool/retry.d.ts
/** Which calls are run again after their instance was lost. */
interface RetryOptions {
  /**
  * What may run twice without harm, by the names in reports: functions (`render`), static members (`Session.open`) and constructors (`new Session`).
  * Not methods, whose object is lost with the instance.
  */
  readonly idempotent: readonly string[];
  /** How often such a call is run again at most, where others have cost it its instance. Once at most where it has, or may have, done so itself. Default 1. */
  readonly attempts?: number;
} //#endregion
//#region src/control.d.ts
/**
* `idle`: nothing has been instantiated; `running`: an instance serves; `recovering`: the next call makes a fresh one, unless that is done
* before, or it is being made asynchronously; `open`: too many failed, calls are refused with `REVIVE_CRASH_LOOP` for a while; `retired`: they are
* until `reset()`, or for want of a module; `draining`, `disposed`: calls are refused since {@link Revive.drain}, or {@link Revive.dispose}.
*/
type ReviveState = "idle" | "running" | "recovering" | "open" | "retired" | "draining" | "disposed";
/** Counted since the module was loaded. */
interface Stats {
  readonly failures: number;
  readonly recoveries: number;
  /** Promises that the present instance has still to settle; with a pool, those of all of its instances. */
  readonly inFlight: number;
}
/**
* What becomes of an instance through whose Rust frames a JavaScript exception passed without running destructors:
* `keep` it and report it as tainted, or `recover` as from an abort.
*/
type ForeignExceptions = "keep" | "recover";
/** What may be changed while the module runs. */
interface ReviveOptions extends BreakerOptions {
  /** Told of every failure. What it throws can't break recovery. */
  readonly onFailure?: (report: CrashReport) => void;
  /**
  * Takes out of a text what must not get into errors and reports: messages of panics and of exceptions from JavaScript, breadcrumbs, and keys of instances. If
  * it throws, nothing of the text is told. What the program prints itself, in a panic hook of its own, stays as it is.
  */
  readonly redact?: (text: string) => string;
  /**
  * Default `keep`: people rely on callbacks that throw, and losing all state for that would be worse. In a task that the event loop
  * polls, nobody is there to be thrown to: such an exception always recovers.
  */
  readonly foreignExceptions?: ForeignExceptions;
  /** How many keyed instances there may be at once, see {@link Revive.instance}. Default 64. In V8 each takes 10 GB of addresses, not of memory. */
  readonly maxInstances?: number;
  /** Keyed instances that nobody has called for so long, in milliseconds, and that owe no promise, are evicted. Default: never. */
  readonly idleMs?: number;
  /**
  * Replaces an instance that is well, the default one or a keyed one, between two turns: calls in flight finish on it, as far as
  * {@link ReviveOptions.drainMs} allows; new ones go to a fresh instance, whose state is the initial one. Default: never.
  */
  readonly recycle?: RecycleOptions | undefined;
  /**
  * How long calls in flight may take on an instance that is replaced or ended, and not lost, in milliseconds; then they are rejected with
  * `REVIVE_INSTANCE_LOST`. Default 30,000. `Infinity`: as long as they need.
  */
  readonly drainMs?: number | undefined;
  /**
  * Where what Rust saves (the crate's `persist!`) goes beside memory, and comes from where memory has nothing of it: for state that outlives the
  * page or the process. Default: nowhere.
  */
  readonly persist?: PersistStore;
  /** How many bytes each instance may have saved. Default 16 MiB. What would be more is not saved (`persistFailed`). */
  readonly maxPersistedBytes?: number;
  /** Several instances serve the module's own exports, each call one of them. Default: one does. */
  readonly pool?: PoolOptions | undefined;
  /** Calls of the module's own exports that are run again where their instance was lost. Default: none. */
  readonly retry?: RetryOptions | undefined;
  /**
  * How many instances of the module's own exports are made ahead, off any call's path, so that no call waits for one. A number: so many from the
  * first instance on. Default: one from the first failure on, where its memory takes no more than 16 MiB (128 where the engine makes instances only
  * asynchronously).
  */
  readonly standby?: number | StandbyOptions | undefined;
  /** What a call of a closure of a lost instance does. Default `ignore`: it returns undefined, like a listener whose owner has gone. */
  readonly staleClosures?: "ignore" | "throw";
}
/** The control handle of a transformed module: its export `__revive`. */
interface Revive<Exports = unknown> {
  /** The name of the module, as in its reports. */
  readonly module: string;
  /** The generation that serves, counted from 1; 0 while none has been started. */
  readonly generation: number;
  readonly state: ReviveState;
  readonly stats: Stats;
  /** The names of all events, for programs that record every one. */
  readonly events: readonly EventName[];
  /**
  * Resolved when an instance serves: at once while one does. Rejected with a `ReviveError` where none can be made for now, as the next call would
  * be. No unhandled rejection comes of it.
  */
  readonly ready: Promise<void>;
  /** Listens; returns the function that stops it. */
  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void;
  /** Changes options; those not named stay as they are. */
  configure(options: ReviveOptions): void;
  /**
  * Adds a plugin, behind those that are there and before what the module does by itself after a failure. It classifies, decides and hears of losses at once; it hears of instances and turns from the next
  * generation on (for a module that hasn't been initialised: from the first). Throws a `TypeError` where it is none.
  * Returns the function that takes it out again, in the same way.
  */
  use(plugin: Plugin): () => void;
  /**
  * Retires the present instance, and those of a pool that have no key, and starts a fresh generation now; promises that they owe are
  * rejected. Also ends `retired`, `draining` and `disposed`. The fresh instance begins with what the program has persisted.
  */
  reset(): void;
  /** Forgets what the program has persisted in the default instance: the next one begins with the module's initial state. */
  forget(): void;
  /**
  * What the module exports, for an instance of this key's own, a **sibling**: its memory is its own, objects are of the same classes. It has
  * neither what loads the module nor `__revive`. The same object for the same key (as in a `Map`). The instance is made by the first call; after
  * a failure, or when it was evicted, by the next.
  * Calls throw `REVIVE_TOO_MANY_INSTANCES` where there are {@link ReviveOptions.maxInstances} already.
  */
  instance(key: unknown): Omit<Exports, "default" | "initSync" | "__revive">;
  /**
  * Ends the instance of a key: promises that it owes are rejected with `REVIVE_INSTANCE_LOST`, its handles are stale, its memory goes, and what
  * it has persisted is forgotten. Says whether there was one.
  */
  evict(key: unknown): boolean;
  /** The same, but calls in flight have time to finish. New ones go to a fresh instance. Resolves when it has ended. */
  evict(key: unknown, options: DrainOptions & {
    readonly drain: true;
  }): Promise<boolean>;
  /**
  * Admits no new calls, of no instance: they get `REVIVE_DRAINING`. Resolves when the calls in flight have settled, however long that takes.
  * The instances stay: what they have given to the event loop still enters them, and their objects can be freed. {@link Revive.reset} ends it.
  */
  drain(): Promise<void>;
  /**
  * Drains, and ends all instances: what they had given to the host is taken back, their memory can be collected. Resolves when that is done.
  * Calls get `REVIVE_DRAINING`, then `REVIVE_DISPOSED`; {@link Revive.reset} brings the module back.
  */
  dispose(options?: DrainOptions): Promise<void>;
  /** {@link Revive.dispose}, for `await using`. Only in engines that have the symbol. */
  [Symbol.asyncDispose](): Promise<void>;
} //#endregion
//#region src/application.d.ts
/** A module under management, as its façade uses it. */
//#endregion
//#region src/options.d.ts
/** A package of the `worker` crate that `wasm-revive transform` has transformed. */
interface WorkerPackage {
  readonly __revive: Revive;
}
/** Options of `serve`. */
interface ServeOptions {
  /** The exported functions that are handlers of events or methods of the default entrypoint. Default: all but those that begin with `__`. */
  readonly functions?: readonly string[];
  /** The exported classes that are Durable Objects. */
  readonly objects?: readonly string[];
  /** The exported classes that are entrypoints beside the default one. */
  readonly entrypoints?: readonly string[];
  /**
  * Durable Objects that live in the instance which also serves stateless requests, by the names of their classes; `true`: all of them. An abort
  * costs that instance with all that is in it. Default: none, each object has an instance of its own.
  */
  readonly shared?: boolean | readonly string[];
  /** Whether a request may run a second time where the instance was lost through another one. Default: GET and HEAD without a body. */
  readonly retryable?: (request: Request) => boolean;
  /** How often such a request runs again. Default 1; 0: never. */
  readonly attempts?: number;
  /**
  * Whether the response to a request that failed shows the crash report, in place of an error id. Default: where the variable
  * `WASM_REVIVE_DEVELOPMENT` of `env` is `1`, which belongs into `.dev.vars`.
  */
  readonly development?: boolean | ((env: unknown) => boolean);
  /** Writes the log line of a failure. Default: `console.error` of the record as JSON. */
  readonly log?: (record: FailureRecordLine) => void;
  /** Keeps the request's event open until its response was made, though the client may have gone (worker-build's `RUN_TO_COMPLETION`). */
  readonly runToCompletion?: boolean;
  /** Options of the control handle, `__revive.configure`. `maxInstances` is 1,000 by default. */
  readonly revive?: ReviveOptions;
}
/** What is logged of each failure, once. */
interface FailureRecordLine {
  readonly message: string;
  /** What the response to the request that failed gives, too. */
  readonly errorId: string;
  /** The entrypoints whose calls may have caused it, most often one. */
  readonly calls: readonly string[];
  readonly report: CrashReport;
}
type Constructor = new (ctx: never, env: never) => object;
/** What the Worker's main module exports. */
interface WorkerApp {
  /** The default entrypoint. */
  readonly default: Constructor;
  /** Durable Objects and entrypoints, by the names of their classes. */
  readonly classes: Readonly<Record<string, Constructor>>;
}
//#endregion
//#region src/serve.d.ts
/**
* What the main module of a Worker exports, for a transformed package of the `worker` crate: its default entrypoint, and its classes. A failure
* costs the request that caused it; an abort in a Durable Object costs that object's memory, and nothing else.
*
* @param pkg the namespace of the package: `import * as pkg from './index.js'`
* @throws TypeError for an option that names what the package doesn't export
*/
declare function serve(pkg: WorkerPackage, options?: ServeOptions): WorkerApp;
//#endregion
export { type ServeOptions, type WorkerApp, type WorkerPackage, serve };