import {
  askForLeftMemory,
  describeThrown,
  hasOwn,
  type Instance,
  inMicrotask,
  isReviveError,
  type RestoredAlong,
  ReviveError,
} from '@wasm-revive/kernel';
import type { ReviveState } from '../control.js';
import { Departures } from '../leaving/departures.js';
import { NO_DEPARTURES } from '../leaving/none-leave.js';
import { leftOut, type Public, WITH_CONTROL, WITH_LEAVING } from '../left-out.js';
import { InstanceMaker } from './instance-maker.js';
import { Ready, refused } from './ready.js';
import type { Spare, Thrown } from './standby.js';
import type { Brought, Surroundings } from './surroundings.js';

/** Where one instance serves at a time, generation after generation, with the next ones in reserve. */
export class Slot {
  readonly #around: Surroundings;
  readonly #maker: InstanceMaker;
  readonly #departures: Public<Departures>;
  /** Whether an instance had to be made anew. */
  #hasFailed = false;
  /** What an instance takes that nobody has used. */
  #freshBytes = 0;
  /** Who waits for an instance. */
  readonly ready: Ready = new Ready();
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
    const { module, check, clock, standby, supervisor, isSpoilt } = around;
    this.#maker = new InstanceMaker({
      module,
      check,
      clock,
      scope: () => this.newInstance(),
      standby,
      isSpoilt,
      startFailed: () => supervisor.failedAhead(),
      made: () => this.#made(),
      failed: (error) => this.ready.fails(error),
      // Where one serves, somebody waits for the next: to reset the module.
      ready: () => (this.#current === undefined ? this.whenReady() : this.ready.promise(false)),
    });
    this.#departures = WITH_LEAVING
      ? new Departures({
          clock,
          drainMs: () => around.closing.drainMs,
          departs: (instance, isReplaced) => this.#departs(instance, isReplaced),
          drained: around.drained,
        })
      : NO_DEPARTURES;
  }

  /** The instance that serves; undefined between two. */
  get current(): Instance | undefined {
    return this.#current;
  }

  /** The instances that are there: the one that serves, and those that have calls in flight to finish. */
  get instances(): Instance[] {
    const { instances } = this.#departures;
    return this.#current === undefined ? instances : [this.#current, ...instances];
  }

  /** What the instances take that were made ahead, in bytes. */
  get reserveBytes(): number {
    return this.#maker.reserveBytes;
  }

  /** Whether an instance is on its way out. */
  get isBusy(): boolean {
    return this.#departures.areAny;
  }

  /** Whether another instance has to come where this one is lost: it serves, and was not evicted in the middle of its turn. */
  needs(instance: Instance): boolean {
    return instance === this.#current && !this.#isEvicted;
  }

  /** Settled when an instance serves, or none could be made. See `Revive.ready`. */
  whenReady(): Promise<void> {
    if (this.isClosed) return refused(this.#around.closing.refusal());
    const isThere = this.#current !== undefined;
    // Who waits wants one, as somebody who calls does.
    if (!isThere && this.#generation > 0 && !this.#maker.isMaking) inMicrotask(() => this.recoverQuietly());
    return this.ready.promise(isThere);
  }

  /** The generation that served last, counted from 1; 0 before the first. */
  get generation(): number {
    return this.#generation;
  }

  get state(): ReviveState {
    if (this.#current !== undefined) return 'running';
    // One that nobody has missed is made by whoever calls, whatever the limit of restarts.
    if (this.#isNew) return 'idle';
    const { retryAfter } = this.#around.supervisor;
    if (!this.#maker.canMake || retryAfter === Number.POSITIVE_INFINITY) return 'retired';
    return retryAfter > 0 ? 'open' : 'recovering';
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
      this.#departures.departIfDue();
      const current = this.#current;
      this.#admit(current);
      if (current?.isWell()) {
        const called = this.#called(current);
        if (called !== undefined) return called;
        continue;
      }
      // Lost, and there is no stack to say so, let alone to make another.
      if (current !== undefined && current === this.#current) {
        if (!current.comesBack && !current.isLookedAt) current.askAgain();
        throw current.refusal;
      }
      if (this.#current === undefined && !this.#around.claim()) this.recover();
    }
  }

  /**
   * The façade goes to the instance without asking once a call of it is known to have ended well. Calls from within are not counted, so that the
   * first that comes from outside is known: with that, the instance has started. Undefined where listeners were told something first: they may
   * have done anything.
   */
  #called(instance: Instance): Instance | undefined {
    const { supervisor, called, sendTo } = this.#around;
    const hasServed = supervisor.hasServed(instance);
    if (this.isWithin) return instance;
    if (supervisor.tellNews()) return undefined;
    supervisor.called(instance);
    const isAsked = called(instance);
    // Whether it is well, and serves on, may be known only later: until then, each call asks.
    if (hasServed && !isAsked && !instance.isSuspected && !this.#departures.isLeaving && !this.isClosed) {
      sendTo(instance);
      askForLeftMemory();
    }
    return instance;
  }

  /** Refuses a call where none is admitted. @throws ReviveError `REVIVE_DRAINING`, `REVIVE_DISPOSED` */
  admit(): void {
    this.#departures.departIfDue();
    this.#admit(this.#current);
  }

  /** The same, unless the call is part of one: a frame of the instance is on the stack. */
  #admit(instance?: Instance): void {
    if (this.isClosed && (instance === undefined || instance.scope.isQuiescent())) throw this.#around.closing.refusal();
  }

  /** Whether the instance of a space is there: it serves, or has calls in flight to finish. */
  has(space: number): boolean {
    this.#departures.departIfDue();
    return this.#at(space)?.isWell() === true;
  }

  #at(space: number): Instance | undefined {
    return this.#current?.space === space ? this.#current : this.#departures.at(space);
  }

  /**
   * The instance of a space, for somebody who calls a method of a handle of it. One that has calls in flight to finish serves its handles, too.
   * @param frees whether the handle is freed, which is no new call
   */
  holder(space: number, frees: boolean): Instance | undefined {
    for (;;) {
      this.#departures.departIfDue();
      const instance = this.#at(space);
      if (!instance?.isWell()) {
        // It is part of a turn that failed.
        if (instance?.comesBack === true && !frees) throw instance.error;
        return undefined;
      }
      if (!frees) this.#admit(instance);
      const called = instance === this.#current ? this.#called(instance) : instance;
      if (called !== undefined) return called;
    }
  }

  /** Whether calls are no longer admitted. */
  get isClosed(): boolean {
    return this.#around.closing.state !== undefined;
  }

  /** Calls are no longer admitted. */
  close(): void {
    this.hold();
    // None is made any more.
    if (this.#current === undefined) this.ready.fails(this.#around.closing.refusal());
  }

  /** From now on, whoever calls has to ask. */
  hold(): void {
    this.#around.sendTo(undefined);
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
    this.#departures.forestall();
  }

  /** The instance that serves is replaced as soon as no frame of it is on the stack: see `Departures.leave`. Calls in flight finish on it. */
  leave(instance: Instance, reason: string): void {
    this.#departures.leave(instance, reason, true);
    this.hold();
  }

  #departs(instance: Instance, isReplaced: boolean): void {
    const { supervisor } = this.#around;
    if (isReplaced) supervisor.ends(this.isStarting(instance), false);
    this.vacate(instance);
    if (isReplaced) supervisor.schedule();
  }

  /** Ends the instance that serves, and what is in flight on it. It may be in a turn, which is to end well. */
  #replace(instance: Instance, reason: string): void {
    this.#around.supervisor.ends(this.isStarting(instance), false);
    this.#end(instance, reason);
  }

  /** Its turn may go on, and is to end well, or a failure of it be decided. */
  #end(instance: Instance, reason: string): void {
    this.vacate(instance);
    inMicrotask(() => instance.retire(new ReviveError('REVIVE_INSTANCE_LOST', reason)));
  }

  /** Whether there is an instance, or one is to come. */
  get isUsed(): boolean {
    if (this.#current !== undefined || this.isBusy || this.#maker.isMaking) return true;
    return this.#generation > 0 && !this.#isEvicted && !this.#around.supervisor.isRefusing;
  }

  /** Nobody needs an instance any more, until somebody calls: what is in flight is rejected. Says whether there was one. */
  evict(reason: string): boolean {
    const { isUsed } = this;
    const current = this.#current;
    this.#forget(reason);
    if (current !== undefined) this.#end(current, reason);
    this.#departures.end(reason);
    this.#around.supervisor.tellNews();
    return isUsed;
  }

  /** The same, but calls in flight have some time to finish, in milliseconds. Resolves when all of the slot's instances have ended. */
  async leaveForGood(reason: string, ms: number): Promise<void> {
    const current = this.#current;
    this.#forget(reason);
    if (current !== undefined) {
      this.#departures.leave(current, reason, false, ms);
      this.hold();
    }
    this.#around.supervisor.tellNews();
    await this.#departures.limit(ms);
    // One may have been about to be made ahead.
    if (this.#isEvicted) this.dropReserve();
  }

  #forget(reason: string): void {
    const { supervisor } = this.#around;
    if (this.isUsed && !this.isClosed) supervisor.reset(this.isWithin);
    this.#isEvicted = true;
    this.#isNew = true;
    supervisor.forget();
    this.dropReserve();
    this.ready.fails(new ReviveError('REVIVE_INSTANCE_LOST', reason));
  }

  /** An instance is lost, and another is made in its place: before anybody hears of it, who may call the module again. */
  lost(instance: Instance, error: ReviveError, callsLost: number): void {
    const isMissed = this.needs(instance);
    this.#departures.lost(instance, callsLost);
    this.vacate(instance);
    if (!isMissed) return;
    const { supervisor } = this.#around;
    supervisor.lost(error);
    // The one that starts it hears of that by itself, unless its start function goes on.
    if (!this.isStarting(instance) || instance.state === 'running') supervisor.schedule();
  }

  /** See `Revive.restore`. */
  restore(bytes: unknown, { given = {}, handles = [] }: RestoredAlong): object[] {
    if (!WITH_CONTROL) throw leftOut('restore()');
    const { module, supervisor } = this.#around;
    const { build, name, undo } = module.description;
    const refused = (why: string, cause?: unknown): ReviveError =>
      new ReviveError('REVIVE_NOT_RESTORED', `The state was not restored: ${why}. Nothing was changed.`, { cause });
    if (undo === undefined || build === undefined) throw refused(`${name} was not transformed with \`--recovery rollback\``);
    if (this.instance().scope.isQuiescent() === false) throw refused('a call of the instance is running');
    const state = undo.decodeState(bytes, build.id);
    const { handles: saved = [] } = state.values;
    if (saved.length !== handles.length) throw refused(`handles of ${handles.length} classes were asked for, and it has ${saved.length}`);
    // One that was started ahead has a state of its own by now.
    this.dropReserve();
    const spare = this.#maker.take(this.#generation, supervisor.lastError);
    try {
      spare.instance.beginWith(state, given);
    } catch (error) {
      spare.instance.forget();
      throw refused(describeThrown(error).message, error);
    }
    this.#maker.giveBack(spare);
    const thrown = this.reset();
    if (!hasOwn(thrown, 'error')) return undo.handlesOf(spare.instance, saved, handles);
    // What a hook was to change, for there must not be two of it, is there as it was: that must not serve.
    this.reset();
    throw thrown.error;
  }

  /** See `Revive.reset`. Gives what the start function threw on purpose, or a hook of a state that was restored. */
  reset(): Thrown {
    const { module, supervisor, notReady } = this.#around;
    const current = this.#current;
    if (this.#generation === 0) throw notReady();
    // Before the present one goes: there may be nothing to make another of. Throws until the module has been read.
    if (module.compiled === undefined) this.#maker.giveBack(this.#maker.take(this.#generation, supervisor.lastError));
    supervisor.reset(this.isWithin);
    if (current !== undefined) this.#replace(current, 'The module was reset.');
    supervisor.forgive();
    try {
      return this.recover();
    } catch (error) {
      // One that is being made asynchronously serves as soon as it is there.
      if (!this.#maker.isMaking) throw error;
      return {};
    }
  }

  /**
   * Makes a fresh instance where one is needed. Says whether it was. Failing that is reported; the next call hears of it.
   * @param wasAwaited as in {@link recover}
   */
  recoverQuietly(wasAwaited = false): boolean {
    if (this.#current !== undefined || this.#isEvicted || this.isClosed) return false;
    if (this.#generation === 0 && !this.#around.isReady()) return false;
    try {
      this.recover(wasAwaited);
    } catch {
      // See above.
    }
    return true;
  }

  /**
   * Makes a fresh instance, and has it serve, unless what runs of the program meanwhile has brought about another. Gives what its start threw.
   * @param wasAwaited calls were refused until it was there: the event says that it is
   */
  recover(wasAwaited = false): Thrown {
    const { supervisor } = this.#around;
    // Nobody misses it: it makes up for none.
    const isNew = this.#isNew;
    this.#isEvicted = false;
    if (this.#generation === 0 && !this.#around.isReady()) throw this.#around.notReady();
    const began = this.#around.clock.now();
    const brought = this.#bring(isNew);
    if (brought === undefined) return {};
    const { instance, thrown } = brought;
    const ms = this.#around.clock.now() - supervisor.recovered(began);
    if (!isNew || wasAwaited) this.#around.recovered(instance, ms, thrown);
    // As the first initialisation of a module does: the instance serves.
    else if (hasOwn(thrown, 'error')) throw thrown.error;
    return thrown;
  }

  /**
   * Makes and starts an instance. Undefined where what runs of the program meanwhile has brought about another one, or none.
   * @param isNew whether it makes up for none that failed
   */
  #bring(isNew: boolean): Brought | undefined {
    const { supervisor } = this.#around;
    const spare = this.#admitted(isNew);
    if (spare === undefined) return undefined;
    const { instance } = spare;
    // Plugins have looked at it.
    if (this.#current !== undefined || this.isClosed) {
      this.#maker.giveBack(spare);
      return undefined;
    }
    supervisor.restarts();
    const thrown = this.#start(spare);
    if (instance !== this.#current || this.#departures.isLeaving) return undefined;
    this.ready.serves();
    if (!isNew) this.#hasFailed = true;
    this.standBy();
    return { instance, thrown };
  }

  /**
   * Replaces the instance that serves, of which no frame is on the stack, for a reason that can wait: where no other one can be made, it serves
   * on. Calls in flight finish on it.
   * @throws ReviveError as `InstanceMaker.take`
   */
  recycle(instance: Instance, reason: string): Brought | undefined {
    if (!WITH_CONTROL) throw leftOut('what replaces instances that are well');
    const { supervisor } = this.#around;
    this.#maker.giveBack(this.#maker.take(this.#generation, undefined));
    // Plugins have looked at it.
    if (instance !== this.#current || this.#departures.isLeaving || !instance.isWell()) return undefined;
    const began = this.#around.clock.now();
    this.#departures.depart(instance, reason);
    try {
      const brought = this.#bring(true);
      if (brought !== undefined) supervisor.recovered(began);
      return brought;
    } catch {
      // It failed to start, which is reported, and is tried again as after any failure.
      return undefined;
    }
  }

  /** The next instance, if it is allowed and needed. Else those who wait for one are told, unless it is being made. */
  #admitted(isNew: boolean): Spare | undefined {
    try {
      if (!isNew) this.#around.supervisor.admit();
      // A listener may have reset the module, or evicted the key.
      return this.#current === undefined && !this.#isEvicted ? this.#take() : undefined;
    } catch (error) {
      if (isReviveError(error) && !this.#maker.isMaking) this.ready.fails(error);
      throw error;
    }
  }

  /** The next instance. After the last generation there is none, which is said as of a module that failed too often. */
  #take(): Spare {
    const { supervisor } = this.#around;
    try {
      return this.#maker.take(this.#generation, supervisor.lastError);
    } catch (error) {
      if (isReviveError(error, 'REVIVE_CRASH_LOOP')) supervisor.end(error);
      throw error;
    }
  }

  /** Starts a fresh instance. Gives what its start function threw on purpose, or let through; throws what the instance was lost through. */
  #start({ instance, started }: Spare): Thrown {
    try {
      this.serve(instance, started === undefined);
      return started ?? {};
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
    try {
      this.serve(instance, start);
    } finally {
      // What a start function throws on purpose leaves it serving.
      if (this.#current === instance) this.ready.serves();
      this.standBy();
    }
  }

  /** An instance that was made asynchronously is there. */
  #made(): void {
    if (this.recoverQuietly(true)) return;
    if (this.#current !== undefined) this.ready.serves();
    this.standBy();
  }

  /** Makes the next instances ahead, where that is wanted. */
  standBy(): void {
    if (this.#current !== undefined) this.#maker.standBy(this.#hasFailed, this.#freshBytes);
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
    this.#freshBytes = instance.memoryBytes;
    this.#starting = instance;
    this.#around.supervisor.serves(instance);
    this.#around.serves(instance, false);
    try {
      if (start) instance.start();
      else instance.served();
    } finally {
      this.#starting = outer;
      this.#around.serves(instance, true);
    }
  }
}
