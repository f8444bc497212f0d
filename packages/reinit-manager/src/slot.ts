import { type Instance, inMicrotask, isReviveError, type Module, ReviveError } from '@wasm-revive/kernel';
import type { ReviveState } from './control.js';
import { InstanceMaker } from './instance-maker.js';
import type { Supervisor } from './supervisor.js';

/** What a {@link Slot} needs of the module around it. */
export interface Surroundings {
  readonly module: Module;
  readonly supervisor: Supervisor;
  /** Whether the next instance is made ahead, once one has failed. */
  readonly keepsReserve: boolean;
  /** Tells generated code where calls go: see `ModuleDescription.onCurrent`. */
  sendTo(instance: Instance | undefined): void;
  /** Makes the glue scope of a generation, which waits for its instance. */
  scope(generation: number): Instance;
  /** Refuses a module whose crates don't match. Throws `REVIVE_VERSION_MISMATCH`. */
  check(compiled: WebAssembly.Module): void;
  /** Whether listeners are being called. */
  isEmitting(): boolean;
  /** Has the program give the first instance, where it has only announced one. False: there is nothing to wait for. */
  claim(): boolean;
  /** Whether the first instance may be made here. */
  isReady(): boolean;
  /** The error of a call that comes before there has been an instance. */
  notReady(): ReviveError;
  /** A fresh instance serves. @param thrown what its start function threw on purpose, or let through */
  recovered(instance: Instance, ms: number, thrown: Thrown): void;
  /** No more instances are made, for now or for ever. */
  retired(error: ReviveError): void;
}

/** What a start function threw on purpose, or let through. */
export interface Thrown {
  readonly error?: unknown;
}

/** Where one instance serves at a time, generation after generation, with the next one in reserve. */
export class Slot {
  readonly #around: Surroundings;
  readonly #maker: InstanceMaker;
  #current: Instance | undefined;
  #starting: Instance | undefined;
  /** Of the instance that served last. */
  #generation = 0;
  /** Of the instance that was made last. */
  #lastMade = 0;
  /** Whether it was evicted, and nobody has called since. */
  #isEvicted = false;
  /** Whether the next instance makes up for none: nobody has missed one. */
  #isNew = true;

  constructor(around: Surroundings) {
    this.#around = around;
    const { module, check } = around;
    this.#maker = new InstanceMaker({ module, check, scope: () => this.newInstance(), made: () => void this.recoverQuietly(true) });
  }

  /** The instance that serves; undefined between two. */
  get current(): Instance | undefined {
    return this.#current;
  }

  /** The generation that served last, counted from 1; 0 before the first. */
  get generation(): number {
    return this.#generation;
  }

  get state(): ReviveState {
    if (this.#current !== undefined) return 'running';
    if (this.#generation === 0) return 'idle';
    return !this.#maker.canMake || this.#around.supervisor.isRefusing ? 'retired' : 'recovering';
  }

  /** Whether listeners or a start function are on the stack, so that whatever is called now they may have called. */
  get isWithin(): boolean {
    return this.#starting !== undefined || this.#around.isEmitting();
  }

  /** Whether the start function of an instance is running. */
  isStarting(instance: Instance): boolean {
    return instance === this.#starting;
  }

  /** A glue scope of the next generation, which waits for its instance. */
  newInstance(): Instance {
    const instance = this.#around.scope(this.#lastMade + 1);
    this.#lastMade = instance.generation;
    return instance;
  }

  /** The instance that serves, for somebody who calls it; makes one where there is none. */
  instance(): Instance {
    // Once more after each recovery, in which much of the program's runs: it may have failed the fresh instance, or reset the module.
    for (;;) {
      const current = this.#current;
      if (current?.isWell()) return this.#called(current);
      // Lost, and there is no stack to say so, let alone to make another.
      if (current !== undefined && current === this.#current) {
        current.askAgain();
        throw current.error;
      }
      if (this.#current === undefined && !this.#around.claim()) this.recover();
    }
  }

  /**
   * From now on the façade goes to the instance without asking. Not for calls from within, so that the first that comes from outside is known:
   * with that, the instance has started.
   */
  #called(instance: Instance): Instance {
    if (this.isWithin) return instance;
    this.#around.supervisor.called();
    // Whether it is well may be known only later: until then, each call asks.
    if (!instance.isSuspected) this.#around.sendTo(instance);
    return instance;
  }

  /** The façade asks again before it sends anybody to this instance. */
  suspect(instance: Instance): void {
    if (instance === this.#current) this.#around.sendTo(undefined);
  }

  /** Nobody is sent to this instance from now on. */
  vacate(instance: Instance): void {
    if (instance !== this.#current) return;
    this.#current = undefined;
    this.#around.sendTo(undefined);
  }

  /** Ends the instance that serves. It may be in a turn, which is to end well: it goes when no frame is left on the stack. */
  replace(instance: Instance, reason: string): void {
    this.#around.supervisor.ends({ instance, isStarting: this.isStarting(instance) });
    this.#end(instance, reason);
  }

  /** Its turn may go on, and is to end well, or a failure of it be decided. */
  #end(instance: Instance, reason: string): void {
    this.vacate(instance);
    inMicrotask(() => instance.retire(new ReviveError('REVIVE_INSTANCE_LOST', reason)));
  }

  /** Whether there is an instance, or one is to come. */
  get isUsed(): boolean {
    if (this.#current !== undefined || this.#maker.isMaking) return true;
    return this.#generation > 0 && !this.#isEvicted && !this.#around.supervisor.isRefusing;
  }

  /** Nobody needs an instance any more, until somebody calls. Says whether there was one. */
  evict(reason: string): boolean {
    const { supervisor } = this.#around;
    const { isUsed } = this;
    const current = this.#current;
    if (isUsed) supervisor.reset(this.isWithin);
    this.#isEvicted = true;
    this.#isNew = true;
    supervisor.forget();
    this.dropReserve();
    if (current !== undefined) this.#end(current, reason);
    return isUsed;
  }

  /** An instance is lost, and another is made in its place: before anybody hears of it, who may call the module again. */
  lost(instance: Instance, error: ReviveError): void {
    if ((this.#current ?? instance) !== instance) return;
    const { supervisor } = this.#around;
    this.vacate(instance);
    // It may fail after it was evicted, before its turn is over: nobody has to make up for it.
    if (this.#isEvicted) return;
    supervisor.lost(error);
    // The one that starts it hears of that by itself, unless its start function goes on.
    if (!this.isStarting(instance) || instance.state === 'running') supervisor.schedule();
  }

  /** See `Revive.reset`. */
  reset(): void {
    const { module, supervisor, notReady } = this.#around;
    const current = this.#current;
    if (this.#generation === 0) throw notReady();
    // Before the present one goes: there may be nothing to make another of. Throws until the module has been read.
    if (module.compiled === undefined) this.#maker.giveBack(this.#maker.take(this.#generation, supervisor.lastError));
    supervisor.reset(this.isWithin);
    if (current !== undefined) this.replace(current, 'The module was reset.');
    supervisor.forgive();
    try {
      this.recover();
    } catch (error) {
      // One that is being made asynchronously serves as soon as it is there.
      if (!this.#maker.isMaking) throw error;
    }
  }

  /**
   * Makes a fresh instance where one is needed. Says whether it was. Failing that is reported; the next call hears of it.
   * @param wasAwaited as in {@link recover}
   */
  recoverQuietly(wasAwaited = false): boolean {
    if (this.#current !== undefined || this.#isEvicted || (this.#generation === 0 && !this.#around.isReady())) return false;
    try {
      this.recover(wasAwaited);
    } catch {
      // See above.
    }
    return true;
  }

  /**
   * Makes a fresh instance, and has it serve, unless what runs of the program meanwhile has brought about another.
   * @param wasAwaited calls were refused until it was there: the event says that it is
   */
  recover(wasAwaited = false): void {
    const { supervisor } = this.#around;
    // Nobody misses it: it makes up for none.
    const isNew = this.#isNew;
    this.#isEvicted = false;
    if (this.#generation === 0 && !this.#around.isReady()) throw this.#around.notReady();
    if (!isNew) supervisor.admit((error) => this.#around.retired(error));
    // A listener may have reset the module, or evicted the key.
    if (this.#current !== undefined || this.#isEvicted) return;
    const began = performance.now();
    const instance = this.#take();
    // Plugins have looked at it.
    if (this.#current !== undefined) {
      this.#maker.giveBack(instance);
      return;
    }
    const bytes = instance.memoryBytes;
    supervisor.restarts();
    const thrown = this.#start(instance);
    if (instance !== this.current) return;
    const ms = performance.now() - supervisor.recovered(began);
    if (!isNew || wasAwaited) this.#around.recovered(instance, ms, thrown);
    // As the first initialisation of a module does: the instance serves.
    else if ('error' in thrown) throw thrown.error;
    if (!isNew && this.#around.keepsReserve) this.#maker.keepReserve(bytes);
  }

  /** The next instance. After the last generation there is none, which is said as of a module that failed too often. */
  #take(): Instance {
    const { supervisor } = this.#around;
    try {
      return this.#maker.take(this.#generation, supervisor.lastError);
    } catch (error) {
      if (isReviveError(error, 'REVIVE_CRASH_LOOP')) supervisor.end(error, (retired) => this.#around.retired(retired));
      throw error;
    }
  }

  /** Starts a fresh instance. Gives what its start function threw on purpose, or let through; throws what the instance was lost through. */
  #start(instance: Instance): Thrown {
    try {
      this.serve(instance, true);
      return {};
    } catch (error) {
      if (instance.isWell()) return { error };
      const { supervisor } = this.#around;
      if (isReviveError(error)) supervisor.startFailed(error);
      supervisor.schedule();
      throw error;
    }
  }

  /** Has an instance serve that was made elsewhere. */
  adopt(instance: Instance, start: boolean): void {
    this.dropReserve();
    this.serve(instance, start);
  }

  /** Lets go of the next instance: it would not be made like that any more. */
  dropReserve(): void {
    this.#maker.drop();
  }

  /** Has an instance serve, and starts it, unless the program does. Throws what its start function throws. */
  serve(instance: Instance, start: boolean): void {
    const outer = this.#starting;
    // Before it starts, as in plain glue: a start function may call JavaScript that calls the module.
    this.#current = instance;
    this.#generation = instance.generation;
    this.#isNew = false;
    this.#starting = instance;
    this.#around.supervisor.serves();
    try {
      if (start) instance.start();
      else instance.served();
    } finally {
      this.#starting = outer;
    }
  }
}
