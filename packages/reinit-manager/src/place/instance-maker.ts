import { describeThrown, hasStackRoom, type Instance, inMicrotask, isReviveError, type Module, ReviveError } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';
import { Reserve, type Spare, type StandbyPolicy, startAhead } from './standby.js';

/** How long a wasm file that could not be read is not asked for again, in milliseconds. */
const LOAD_AGAIN_AFTER = 1_000;

/** How long an instance takes that is made asynchronously, in milliseconds, before anybody knows. */
const LIKELY_MS = 50;

/** What a caller gets where the stack is so full that no instance can be made, nor an error: one for all. */
const NO_STACK = new ReviveError(
  'REVIVE_NO_INSTANCE',
  'No instance could be made: there was no stack left. This call did nothing; one with more stack tries again.',
  { retryable: true },
);

/** What an {@link InstanceMaker} needs. */
export interface Workshop {
  readonly module: Module;
  /** Makes a glue scope that waits for its instance. */
  scope(): Instance;
  /** Refuses a module whose crates don't match. Throws `REVIVE_VERSION_MISMATCH`. */
  check(compiled: WebAssembly.Module): void;
  readonly clock: Clock;
  /** Called when an instance that was made asynchronously is there. */
  made(): void;
  /** How many are made ahead. */
  standby(asynchronous: boolean): StandbyPolicy;
  /** Whether an instance that was made ahead has used state there that may have changed since. */
  isSpoilt(instance: Instance): boolean;
  /** Called when one that was made ahead failed as it started. */
  startFailed(): void;
  /** Called when it could not be made. */
  failed(error: ReviveError): void;
  /** Settled when an instance serves, or none could be made. */
  ready(): Promise<void>;
}

/**
 * Makes the instances of a module that follow the first, and keeps some in reserve. Makes them synchronously, inside of the call that needs one,
 * unless the engine refuses that: Chromium does on a page's main thread, for modules of more than 8 MB. Then, and where the module has to be
 * read first, calls get an error that says so until the instance is there.
 */
export class InstanceMaker {
  readonly #workshop: Workshop;
  readonly #module: Module;
  readonly #reserve: Reserve;
  /** Whether a start function has used what the program persists: none is run ahead any more. */
  #startsLate = false;
  /** How often instances were asked for ahead of need: only the last is done. */
  #askedAhead = 0;
  /** Whether an instance is being made further down on the stack, where plugins may call the module. */
  #onStack = false;
  /** Stands for the instance that is being made asynchronously; another one, or none, when nobody wants that any more. */
  #pending: object | undefined;
  /** Why the last one that was made asynchronously could not be made. */
  #failure: ReviveError | undefined;
  /** Whether the engine refused to make the last one synchronously. */
  #asynchronous = false;
  #loadedAt = Number.NEGATIVE_INFINITY;
  /** When the one that is being made asynchronously began to be made, and how long the last one took. */
  #began = 0;
  #took = LIKELY_MS;

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
    this.#module = workshop.module;
    this.#reserve = new Reserve((instance) => workshop.isSpoilt(instance));
  }

  /** Whether there is any hope of an instance. */
  get canMake(): boolean {
    const { compiled, description } = this.#module;
    return compiled !== undefined || (description.load !== undefined && this.#failure === undefined);
  }

  /** What those take that were made ahead, in bytes. */
  get reserveBytes(): number {
    return this.#reserve.bytes;
  }

  /** Whether an instance is being made asynchronously. */
  get isMaking(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * The next instance.
   * @param generation the one that served last. An older instance can't serve any more, for nobody would know its handles as stale.
   * @param cause what the last one was lost through
   * @throws ReviveError `REVIVE_RECOVERING` while one is being made asynchronously; `REVIVE_NO_INSTANCE` or `REVIVE_NO_MODULE` where none could be made
   */
  take(generation: number, cause: ReviveError | undefined): Spare {
    const spare = this.#reserve.take(generation);
    if (spare !== undefined) return spare;
    if (this.#onStack || this.#pending !== undefined) throw this.#notYet(cause);
    const { compiled, description } = this.#module;
    if (compiled === undefined && description.load === undefined) throw noModuleError(description.name, cause);
    const made = compiled === undefined ? undefined : this.#make(compiled);
    if (made?.isBound === true) return made;
    const failure = this.#failure;
    if (made === undefined && failure !== undefined && this.#workshop.clock.now() - this.#loadedAt < LOAD_AGAIN_AFTER) throw failure;
    this.#makeLater(made?.instance);
    throw failure ?? this.#notYet(cause);
  }

  /** Keeps an instance that nobody needed after all. */
  giveBack(spare: Spare): void {
    this.#reserve.add(spare);
  }

  /**
   * Makes instances ahead, off the path of a call.
   * @param hasFailed whether an instance has failed before
   * @param bytes the memory of a fresh one
   */
  standBy(hasFailed: boolean, bytes: number): void {
    const asked = ++this.#askedAhead;
    inMicrotask(() => {
      if (asked !== this.#askedAhead) return;
      const wanted = this.#workshop.standby(this.#asynchronous);
      const policy = { ...wanted, started: wanted.started && !this.#startsLate };
      if (hasFailed || !policy.isAfterFailure) this.#standBy(policy, bytes);
    });
  }

  #standBy(policy: StandbyPolicy, bytes: number): void {
    const { compiled } = this.#module;
    if (compiled === undefined || this.#onStack || this.#pending !== undefined) return;
    const { unstarted } = this.#reserve;
    if (policy.started && unstarted !== undefined) {
      if (!startAhead(unstarted)) {
        // The next one is made ahead when another serves.
        this.#reserve.remove(unstarted);
        this.#workshop.startFailed();
        return;
      }
      if (this.#workshop.isSpoilt(unstarted.instance)) {
        this.#startsLate = true;
        this.#reserve.remove(unstarted);
      }
    } else if (!this.#reserve.hasRoom(policy, bytes)) {
      return;
    } else if (this.#asynchronous) {
      this.#makeLater(undefined);
      return;
    } else if (!this.#makeAhead(compiled)) {
      return;
    }
    // One in a turn of the event loop.
    const asked = this.#askedAhead;
    if (policy.started || policy.count > 1) {
      this.#workshop.clock.later(() => {
        if (asked === this.#askedAhead) this.standBy(true, bytes);
      }, 0);
    }
  }

  #makeAhead(compiled: WebAssembly.Module): boolean {
    try {
      const made = this.#make(compiled);
      if (made.isBound) this.giveBack({ instance: made.instance });
      else made.instance.forget();
      return made.isBound;
    } catch {
      // No memory for two. Who needs the next one makes it then, and gets the reason when that fails too.
      return false;
    }
  }

  /** Lets go of what was made ahead: it would not be made like that any more. */
  drop(): void {
    this.#reserve.clear();
    this.#pending = undefined;
  }

  /** Makes one synchronously. Not bound: the engine has refused, and may still make one asynchronously with the same scope. */
  #make(compiled: WebAssembly.Module): { readonly instance: Instance; readonly isBound: boolean } {
    this.#onStack = true;
    let instance: Instance | undefined;
    try {
      instance = this.#workshop.scope();
      let made: WebAssembly.Instance;
      try {
        made = new WebAssembly.Instance(compiled, instance.scope.imports);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { instance, isBound: false };
      }
      instance.bind(made);
      this.#asynchronous = false;
      this.#failure = undefined;
      return { instance, isBound: true };
    } catch (error) {
      instance?.forget();
      throw this.#noInstance(error);
    } finally {
      this.#onStack = false;
    }
  }

  #makeLater(scope: Instance | undefined): void {
    const pending = {};
    this.#began = this.#workshop.clock.now();
    this.#pending = pending;
    this.#failure = undefined;
    void this.#deliver(pending, scope);
  }

  async #deliver(pending: object, scope: Instance | undefined): Promise<void> {
    const isWanted = (): boolean => {
      if (this.#pending !== pending) return false;
      this.#pending = undefined;
      return true;
    };
    try {
      const instance = await this.#bindLater(scope);
      this.#took = this.#workshop.clock.now() - this.#began;
      if (isWanted()) this.giveBack({ instance });
      else instance.forget();
    } catch (error) {
      // The next call tries again. Nobody else does, or a module of which nothing can be made would keep the event loop busy for ever.
      if (!isWanted()) return;
      this.#failure = this.#noInstance(error);
      this.#workshop.failed(this.#failure);
      return;
    }
    this.#workshop.made();
  }

  async #bindLater(scope: Instance | undefined): Promise<Instance> {
    const compiled = this.#module.compiled ?? (await this.#load());
    const instance = scope ?? this.#workshop.scope();
    try {
      instance.bind(await WebAssembly.instantiate(compiled, instance.scope.imports));
      // Not before: the file may be another build's by now, and be read again.
      this.#module.compiled = compiled;
    } catch (error) {
      instance.forget();
      throw error;
    }
    this.#asynchronous = scope !== undefined || this.#asynchronous;
    return instance;
  }

  async #load(): Promise<WebAssembly.Module> {
    const { name, load } = this.#module.description;
    try {
      this.#loadedAt = this.#workshop.clock.now();
      const compiled = await load?.();
      if (compiled === undefined) throw new TypeError('The wasm file can not be read.');
      this.#workshop.check(compiled);
      return compiled;
    } catch (error) {
      throw isReviveError(error, 'REVIVE_VERSION_MISMATCH') ? error : noModuleError(name, error);
    }
  }

  #notYet(cause: ReviveError | undefined): ReviveError {
    const left = this.#began + this.#took - this.#workshop.clock.now();
    const retryAfter = Math.max(1, Math.ceil(left));
    return new ReviveError(
      'REVIVE_RECOVERING',
      `A fresh instance of ${this.#module.description.name} is being made, asynchronously. This call did nothing: repeat it when the promise ` +
        `\`ready\` of this error is settled, in ${retryAfter} ms or so.`,
      { retryable: true, cause, retryAfter, ready: this.#workshop.ready() },
    );
  }

  #noInstance(cause: unknown): ReviveError {
    if (isReviveError(cause)) return cause;
    if (!hasStackRoom()) return NO_STACK;
    return new ReviveError(
      'REVIVE_NO_INSTANCE',
      `No fresh instance of ${this.#module.description.name} could be made (${describeThrown(cause).message}). This call did nothing; the next one tries again.`,
      { retryable: true, cause },
    );
  }
}

/**
 * Whether an engine's error means that an instance may still be made asynchronously: a limit of the main thread, or no memory until the garbage
 * is collected. Engines throw a RangeError for both, and for a full stack.
 */
export function isRefusal(error: unknown): boolean {
  return describeThrown(error).name === 'RangeError' && hasStackRoom();
}

/** The error where an instance is needed and there is no module to make it of. */
export function noModuleError(moduleName: string, cause: unknown): ReviveError {
  return new ReviveError(
    'REVIVE_NO_MODULE',
    `${moduleName} needs its WebAssembly.Module to make an instance, and was given only what was made of it. Pass the module to ` +
      '`__wbg_set_wasm(exports, module)`, or have the wasm file served beside the JavaScript.',
    { cause },
  );
}
