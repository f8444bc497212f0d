import { type Instance, inMicrotask, isReviveError, pointerGeneration, ReviveError } from '@wasm-revive/kernel';
import type { InstanceMaker } from './instance-maker.js';
import type { Supervisor } from './supervisor.js';

/** What a {@link Slot} needs of the module around it. */
export interface Surroundings {
  readonly maker: InstanceMaker;
  readonly supervisor: Supervisor;
  /** Tells generated code where calls go: see `ModuleDescription.onCurrent`. */
  readonly onCurrent: (instance: Instance | undefined) => void;
  /** Whether listeners are being called. */
  isEmitting(): boolean;
  /** Has the program give the first instance, where it has only announced one. False: there is nothing to wait for. */
  claim(): boolean;
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

/** Where one instance serves at a time, generation after generation. */
export class Slot {
  readonly #around: Surroundings;
  #current: Instance | undefined;
  #starting: Instance | undefined;
  /** Of the instance that served last. */
  #generation = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** The instance that serves; undefined between two. */
  get current(): Instance | undefined {
    return this.#current;
  }

  /** The generation that served last, counted from 1; 0 before the first. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether listeners or a start function are on the stack, so that whatever is called now they may have called. */
  get isWithin(): boolean {
    return this.#starting !== undefined || this.#around.isEmitting();
  }

  /** Whether the start function of an instance is running. */
  isStarting(instance: Instance): boolean {
    return instance === this.#starting;
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

  /** Whether a pointer, of a handle, points to something that is gone. */
  isGone(pointer: unknown): boolean {
    const generation = pointerGeneration(pointer);
    if (generation === undefined) return false;
    const current = this.#current;
    return current === undefined || generation !== current.generation || !current.isWell();
  }

  /**
   * From now on the façade goes to the instance without asking. Not for calls from within, so that the first that comes from outside is known:
   * with that, the instance has started.
   */
  #called(instance: Instance): Instance {
    if (this.isWithin) return instance;
    this.#around.supervisor.called();
    // Whether it is well may be known only later: until then, each call asks.
    if (!instance.isSuspected) this.#around.onCurrent(instance);
    return instance;
  }

  /** The façade asks again before it sends anybody to this instance. */
  suspect(instance: Instance): void {
    if (instance === this.#current) this.#around.onCurrent(undefined);
  }

  /** Nobody is sent to this instance from now on. */
  vacate(instance: Instance): void {
    if (instance !== this.#current) return;
    this.#current = undefined;
    this.#around.onCurrent(undefined);
  }

  /** Ends the instance that serves. It may be in a turn, which is to end well: it goes when no frame is left on the stack. */
  replace(instance: Instance, reason: string): void {
    this.#around.supervisor.ends({ instance, isStarting: this.isStarting(instance) });
    this.vacate(instance);
    inMicrotask(() => instance.retire(new ReviveError('REVIVE_INSTANCE_LOST', reason)));
  }

  /** Makes a fresh instance where one is needed. Says whether it was. Failing that is reported; the next call hears of it. */
  recoverQuietly(): boolean {
    if (this.#current !== undefined || this.#generation === 0) return false;
    try {
      this.recover();
    } catch {
      // See above.
    }
    return true;
  }

  /** Makes a fresh instance, and has it serve, unless what runs of the program meanwhile has brought about another. */
  recover(): void {
    const { maker, supervisor } = this.#around;
    if (this.#generation === 0) throw this.#around.notReady();
    supervisor.admit((error) => this.#around.retired(error));
    // A listener may have reset the module.
    if (this.#current !== undefined) return;
    const began = performance.now();
    const instance = this.#take();
    // Plugins have looked at it.
    if (this.#current !== undefined) {
      maker.giveBack(instance);
      return;
    }
    const bytes = instance.memoryBytes;
    supervisor.restarts();
    const thrown = this.#start(instance);
    if (instance !== this.current) return;
    this.#around.recovered(instance, performance.now() - supervisor.recovered(began), thrown);
    maker.keepReserve(bytes);
  }

  /** The next instance. After the last generation there is none, which is said as of a module that failed too often. */
  #take(): Instance {
    const { maker, supervisor } = this.#around;
    try {
      return maker.take(this.#generation, supervisor.lastError);
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

  /** Has an instance serve, and starts it, unless the program does. Throws what its start function throws. */
  serve(instance: Instance, start: boolean): void {
    const outer = this.#starting;
    // Before it starts, as in plain glue: a start function may call JavaScript that calls the module.
    this.#current = instance;
    this.#generation = instance.generation;
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
