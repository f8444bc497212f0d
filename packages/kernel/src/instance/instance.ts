import type { Entry, Factory, Scope } from '../contract/contract.js';
import { entriesOf } from '../contract/entries.js';
import { pointerBase } from '../contract/handle.js';
import type { PanicError, ReviveError } from '../errors.js';
import type { Failure, Recovery } from '../failure/failure.js';
import { Failures } from '../failure/failures.js';
import { Panicking } from '../failure/panicking.js';
import { realTrap } from '../failure/real-trap.js';
import { RESTORED_ENTRY, RESTORED_EXPORT } from '../module/abi.js';
import { forgetRunning, writeGeneration } from '../module/black-box.js';
import { catchesPanics, type Module } from '../module/module.js';
import { checkExports, refuseOtherModules } from '../module/own-module.js';
import { StackPointers, stackPointerNames } from '../module/stack-pointers.js';
import type { Hooks, InstanceState, InstanceView } from '../plugin.js';
import { inMicrotask, own } from '../program/intrinsics.js';
import { lookAt } from '../program/thrown.js';
import type { Redact } from '../report/report.js';
import type { ReportDraft } from '../report/write-report.js';
import type { CheckpointPolicy, GivenUp } from '../rollback/checkpoints.js';
import type { Image } from '../rollback/image.js';
import type { Undo } from '../rollback/undo.js';
import type { UndoSupport } from '../rollback/undo-support.js';
import type { CarriedClosure, Given } from '../saved-state/carried-values.js';
import type { SavedAlong } from '../saved-state/save-state.js';
import type { SavedState } from '../saved-state/saved-state.js';
import { Callbacks } from './callbacks.js';
import { leaveMemory } from './garbage.js';
import type { Held } from './held.js';
import { InstanceHost } from './host.js';
import { EXHAUSTED, lostError, NOT_UNDOABLE, notRestored, notSaved, replacedError, staleError, undecidedError } from './instance-errors.js';
import { type Closure, OwnClosures } from './own-closures.js';
import { Promises } from './promises.js';
import { Registrations } from './registrations.js';
import { Turns } from './turns.js';
import { viewOf } from './view.js';
import { within } from './within.js';

/** What an instance asks of the one that owns it, and tells it. */
export interface Owner {
  readonly module: Module;
  readonly hooks: Hooks;
  /** What messages call its instances: `the default instance`, `instance "a"`. */
  readonly name: string;
  /** The key of a sibling as text; undefined for the instance that the module's own exports lead to. */
  readonly key: string | undefined;
  /** What the program takes out of messages and breadcrumbs. */
  readonly redact: Redact | undefined;
  /** Whether listeners or a start function are on the stack, so that whatever is called now they may have called. */
  readonly isWithin: boolean;
  /**
   * The last word on what is done after a failure, asked once, and before anybody hears of it.
   * @param asked what plugins want
   * @param quiescent whether no frame of the instance is on the stack
   * @param entrypoint through which it was entered, where that is known
   */
  decide(instance: Instance, asked: Recovery, failure: Failure, quiescent: boolean, entrypoint: string | undefined): Recovery;
  /**
   * What is done after a failure for which no plugin wants anything.
   * @param canUndo whether the turn that failed can be undone, and no turn before it would be
   */
  otherwise(failure: Failure, canUndo: () => boolean): Recovery;
  /** A failure that was decided, and how. With a loss, nobody may be sent to the instance from now on. */
  failed(instance: Instance, draft: ReportDraft, loss?: Loss): void;
  /** A turn of futures that are no tasks has failed, was undone, and is run once more. What becomes of it is reported then. @param error what it has failed with */
  runsAgain(instance: Instance, error: ReviveError): void;
  /** A turn that failed was undone, and the instance serves again. The failure was reported. @param since when it failed, by `performance.now()` @param givenUp what the program has lost besides the turn */
  rolledBack(instance: Instance, since: number, givenUp: GivenUp | undefined): void;
  /** An instance may have been left panicking, which can be told when no frame of it is left: whoever calls next is to ask whether it is well. */
  suspected(instance: Instance): void;
  /** Rust, or the program, asked for a fresh instance. */
  reinitRequested(instance: Instance): void;
  /** Rust has asked for something by the reinit-manager crate's signal. True: it is to be heard of when the turn ends. */
  signalled(instance: Instance): boolean;
  /** That turn has ended, and the instance goes on. A failure in it was reported before. */
  turnEnded(instance: Instance): void;
  /** A closure of a lost instance, or of a turn that was undone, was called. True: the call is to throw. */
  staleClosureCalled(instance: Instance, entrypoint: string): boolean;
}

/** That an instance ends, for any recovery but `keep`. */
export interface Loss {
  /** What those hear who ask for it. */
  readonly error: ReviveError;
  /** Failures before it of which nobody has been told yet: those come first. */
  readonly earlier: readonly ReportDraft[];
}

/**
 * Where an instance is in its life. `shut`: nothing of it runs, and nobody has been told why. That may be just being found out, or there may be
 * no stack for it; then guards further out, or whoever asks next, make up for it. `undone`: it is lost until the turn that failed is over; then it is
 * as it was before that.
 */
type Life =
  | { readonly is: 'idle' | 'running' }
  | { readonly is: 'shut'; readonly trap: unknown }
  | {
      readonly is: 'undone';
      readonly trap: unknown;
      readonly error: ReviveError;
      readonly since: number;
      readonly ofState: boolean;
      readonly tell: TellUndone;
    }
  | { readonly is: 'lost'; readonly trap: unknown; readonly error: ReviveError; readonly toForeign: boolean };

/** Tells of what a turn was undone for, and then of that. */
export type TellUndone = (recovered: () => void) => void;

/**
 * One instance and its glue scope, from the moment when the scope is made until nothing of the instance is left. From when it is shut, nothing of
 * it runs (invariant I3).
 */
export class Instance {
  readonly generation: number;
  /** Of the pointers of its handles, see `handle.ts`. */
  readonly space: number;
  readonly base: number;
  readonly owner: Owner;
  readonly scope: Scope;
  /** What plugins get in place of the instance: they may be anybody's. */
  readonly view: InstanceView = viewOf(this);
  readonly ownClosures: OwnClosures = new OwnClosures();
  readonly registrations: Registrations;
  /** What undoes its turns, where the module is made for that. */
  readonly undo: Undo | undefined;
  readonly callbacks: Callbacks;
  readonly promises: Promises;
  /** Undefined where nobody wants to hear of them, and they can't be undone. */
  readonly turns: Turns | undefined;
  /** Whether somebody is just finding out what it was shut for. A field, for it is set where there may be no stack. */
  isLookedAt = false;
  /** The turn in which it failed; undefined where it was well until it was replaced. */
  failedIn: { readonly entrypoint: string | undefined } | undefined;
  readonly #failures = new Failures(this);
  #host: InstanceHost;
  #life: Life = { is: 'idle' };
  #exports: WebAssembly.Exports | undefined;
  #stacks: StackPointers | undefined;
  #panicking: Panicking | undefined;
  #startedAt = 0;
  /** The call whose task was polled last before it returned. */
  #pollsFor: string | undefined;
  /** Makes the state to begin with, in place of the module's initial one. */
  #image: (() => Image) | undefined;
  #isRestored = false;
  #isPrograms = false;
  #isRunningHooks = false;

  constructor(generation: number, space: number, owner: Owner, factory: Factory) {
    this.generation = generation;
    this.space = space;
    this.base = pointerBase(space);
    this.owner = owner;
    owner.module.owners.set(space, owner);
    this.turns = this.#hearTurns(owner.hooks);
    const support = owner.module.description.undo;
    const undo = this.turns && support && new support.Undo(this.turns, support.keep, (found) => this.#failures.damaged(found));
    this.undo = undo;
    this.registrations = new Registrations(
      { has: (value): value is Closure => this.ownClosures.has(value) || this.promises.settles(value) },
      undo && ((takeBack) => undo.gives(takeBack)),
      (run) => this.callbacks.once(run),
    );
    this.promises = new Promises(this.ownClosures, this.unwinds, () => this.owner.isWithin || this.#isNested, undo && (() => undo.turn));
    this.callbacks = new Callbacks(
      this.ownClosures,
      (error) => this.#failures.isReported(error),
      (who) => {
        this.#finishTurn();
        this.promises.turnBegins(who === 'reaction');
      },
      undo &&
        this.turns && {
          turn: this.turns.state,
          whenUndone: (run) => {
            this.#finishTurn();
            undo.whenUndone(run);
          },
          ranAgain: () => this.#failures.ranAgain(),
          drops: (error) => this.promises.drops(error as ReviveError),
        },
      (run) => {
        const { polls } = owner.hooks;
        return polls === undefined ? run() : within((once) => polls(this.view, once), run);
      },
    );
    this.#host = new InstanceHost(this, this.#failures);
    this.scope = factory(this.#host);
    // What is not transformed has no JavaScript of its own: the program gives the imports.
    if (this.module.build !== undefined) refuseOtherModules(this.module.name, this.scope.imports);
  }

  get state(): InstanceState {
    return this.#life.is === 'shut' || this.#life.is === 'undone' ? 'lost' : this.#life.is;
  }

  get module(): Module['description'] {
    return this.owner.module.description;
  }

  get exports(): WebAssembly.Exports | undefined {
    return this.#exports;
  }

  get panicking(): Panicking | undefined {
    return this.#panicking;
  }

  get memoryBytes(): number {
    const memory = this.#exports?.memory;
    return memory instanceof WebAssembly.Memory ? memory.buffer.byteLength : 0;
  }

  get callsInFlight(): number {
    return this.promises.size;
  }

  /** The same, of calls that no listener has made, and that are not part of another call. */
  get callsInFlightFromOutside(): number {
    return this.promises.size - this.promises.within;
  }

  /** Whether the import that is running was called within another one. */
  get #isNested(): boolean {
    return (this.scope.raw.state as { readonly imports: number }).imports > 1;
  }

  get unwinds(): boolean {
    return catchesPanics(this.module);
  }

  /** Whether Wasm code of it catches anything, be it only what imports throw. */
  get catches(): boolean {
    return this.module.exceptions !== undefined;
  }

  /** Milliseconds since it was started. */
  get uptimeMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** What it was lost through: what the engine raised. */
  get trap(): unknown {
    return own(this.#life as { readonly trap?: unknown }, 'trap');
  }

  /** What it was lost through, as its callers are told. */
  get error(): ReviveError | undefined {
    switch (this.#life.is) {
      case 'lost':
      case 'undone':
        return this.#life.error;
      case 'shut':
        return EXHAUSTED;
      default:
        return undefined;
    }
  }

  /** The same, for somebody who calls it: that may be a plugin, while what it was lost through is still being looked at. */
  get refusal(): ReviveError | undefined {
    return this.#life.is === 'shut' && this.isLookedAt ? undecidedError(this.#life.trap) : this.error;
  }

  /** Whether everybody knows of the loss. */
  get isTold(): boolean {
    return this.#life.is === 'lost' || this.#life.is === 'undone';
  }

  /** Whether it serves again when the turn is over that has cost it. */
  get comesBack(): boolean {
    return this.#life.is === 'undone';
  }

  /** Whether it isn't known yet whether something has left Rust panicking: whoever calls is to ask first whether it is well. */
  get isSuspected(): boolean {
    return this.#failures.isSuspecting;
  }

  /** Whether a foreign exception cost it: its thrower gets that back. */
  get isLostToForeign(): boolean {
    return this.#life.is === 'lost' && this.#life.toForeign;
  }

  /**
   * Gives the scope its Wasm instance. Refuses one of another module, and plugins may refuse it: then it can still be given another one.
   * @param isPrograms whether the program, or the engine for it, has made the instance, and has its exports without asking here
   */
  bind(instance: { readonly exports: WebAssembly.Exports }, isPrograms = false): void {
    const { exports } = instance;
    this.#isPrograms = isPrograms;
    this.scope.bind(exports, this.#host);
    try {
      checkExports(this.module, this.scope, exports);
      this.#lookAt(exports);
      this.owner.hooks.instantiated?.(this.view);
    } catch (error) {
      this.#exports = undefined;
      this.scope.release();
      throw error;
    }
    this.promises.bind(this.scope.held(exports));
    this.#life = { is: 'running' };
  }

  #lookAt(exports: WebAssembly.Exports): void {
    const { module } = this.owner;
    this.#exports = exports;
    this.undo?.bind(exports);
    writeGeneration(exports, this.generation);
    const stackPointers = module.stackPointers ?? stackPointerNames(exports);
    // Exports that are made when they are read can't be listed; those of the next instance can.
    if (stackPointers.length > 0) module.stackPointers = stackPointers;
    this.#stacks = new StackPointers(exports, stackPointers);
    this.#panicking = new Panicking(exports, this.module);
    if (this.catches) realTrap();
  }

  /** It serves from now on. May run Rust: what wasm-bindgen runs after instantiation. */
  start(): void {
    this.served();
    if (this.#image !== undefined) {
      this.#startWith(this.#image);
      return;
    }
    this.scope.start();
    // The first state that can be gone back to. What a start function leaves to happen later has its own turns.
    if (this.isRunning() && this.scope.isQuiescent()) this.#turnEnded();
  }

  /**
   * It begins with the state of another instance, of a module whose turns can be undone.
   * @param given by names, what the other instance was given
   * @throws RangeError where it can't
   */
  beginWith({ image, values }: SavedState, given: Given): void {
    const exports = this.#exports as WebAssembly.Exports;
    const { scope } = this;
    const { prepareValues } = this.module.undo as UndoSupport;
    const make = prepareValues(values, scope.closures?.length ?? 0, given);
    this.undo?.makeRoom(image);
    this.#isRestored = true;
    this.#image = () => {
      const references = make({ closure: (closure) => this.#remake(closure), promise: (value) => this.#settled(value) });
      const { next } = values;
      if (next === undefined) return { ...image, references };
      scope.held(exports)?.replace?.(this.promises.heldFrom, references, next);
      return image;
    };
  }

  #remake({ form, a, b, isExecutor }: CarriedClosure): unknown {
    if (isExecutor) this.ownClosures.makesExecutor();
    return this.scope.closures?.[form]?.(a, b);
  }

  #settled(value: unknown): unknown {
    const promise = Promise.resolve(value);
    this.promises.resolved(promise, value);
    return promise;
  }

  #startWith(image: () => Image): void {
    this.#image = undefined;
    const { undo } = this;
    const takeBack = undo?.startWith(image, () => this.scope.start());
    if (undo !== undefined && this.#moved(undo)) this.#bindAgain(true);
    if (undo?.mustMove === true)
      throw notRestored('the start function has grown the table of references, and the engine makes no other instance now');
    const exports = this.#exports;
    if (exports !== undefined) {
      writeGeneration(exports, this.generation);
      forgetRunning(exports);
    }
    takeBack?.(undefined);
    // What the program has registered for this, as a turn of its own.
    const hooks = this.scope.exports()[RESTORED_EXPORT];
    if (typeof hooks !== 'function') return;
    this.#isRunningHooks = true;
    try {
      this.turns?.call(RESTORED_ENTRY, hooks as () => unknown)();
    } finally {
      this.#isRunningHooks = false;
    }
  }

  /** Whether what the program has registered for a restored state is running. */
  get isRunningHooks(): boolean {
    return this.#isRunningHooks;
  }

  /** Whether it has begun with the state of another instance. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  /** Its state as bytes. @throws ReviveError `REVIVE_NOT_SAVED` */
  save(along: SavedAlong): Uint8Array<ArrayBuffer> {
    const support = this.module.undo;
    if (support === undefined) throw notSaved(this.module.name, NOT_UNDOABLE);
    return support.saveState(this, this.scope.held(this.#exports as WebAssembly.Exports), along);
  }

  /** It serves from now on, and the program starts it by itself. */
  served(): void {
    this.#startedAt = performance.now();
  }

  /**
   * Whether the instance may be entered. A failure that no guard could tell, for want of stack, is told here: by whoever asks first.
   */
  isWell(): boolean {
    this.#failures.lookAgain(this.turns?.areIdle !== false);
    return this.isRunning();
  }

  /** The same, without asking whether Rust was left panicking: where something has just been thrown, it may be a trap, after which nothing runs. */
  isRunning(): boolean {
    if (this.#life.is === 'running' && this.scope.isShut()) this.shut(this.scope.trap());
    if (this.#life.is === 'shut' && !this.isLookedAt) this.#failures.tellExhausted();
    // Where the stack was full, nobody could say that the turn has ended.
    if (this.#life.is === 'undone' && !this.isLookedAt && this.turns?.areIdle === true) this.#turnEnded();
    return this.#life.is === 'running';
  }

  /** Has it told as soon as there is stack for it. Throws as the engine does where there is too little even for that. */
  askAgain(): void {
    this.#failures.askAgain();
  }

  /** An entry into a lost instance: see `Host.refuse`. */
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

  #hearTurns({ entered, committed }: Hooks): Turns | undefined {
    const areHeard = entered !== undefined || committed !== undefined;
    if (!areHeard && this.module.undo === undefined) return undefined;
    return new Turns({
      entered: areHeard ? (entrypoint) => entered?.(this.view, entrypoint) : undefined,
      returns: (result, entrypoint) => this.#pollFirst(result, entrypoint),
      ended: () => {
        this.#turnEnded();
        if (this.state === 'running') committed?.(this.view);
      },
    });
  }

  /**
   * A call gives a promise that it has made: the task behind that is polled for the first time now, and not in a microtask. So the call can be
   * undone as a whole, while a microtask of its own would be spent, and the state before it would wait for it. Where another microtask runs the
   * tasks that were queued before the call, nothing of this one's is run ahead of those.
   */
  #pollFirst(result: unknown, entrypoint: string): void {
    const isCall = this.callbacks.entered === 'caller' && this.scope.isQuiescent();
    if (this.undo === undefined || !isCall || !this.promises.isNewest(result) || !this.isRunning()) return;
    this.#pollsFor = entrypoint;
    this.callbacks.pollFirst();
  }

  /** Nothing of a turn is on the stack any more: its state is the one to go back to, unless it failed. */
  #turnEnded(): void {
    const { undo } = this;
    this.callbacks.turnEnded();
    if (undo === undefined || !this.scope.isQuiescent()) return;
    // What has left Rust panicking has to be known before the state that it has left is the one to go back to.
    this.#failures.lookAgain(false);
    if (this.#life.is === 'undone') this.#comeBack(undo, this.#life);
    else if (this.#life.is === 'running' && !this.scope.isShut()) {
      undo.commit();
      this.#host.turnEnded();
    }
  }

  /**
   * Where a call has failed on a full stack, nobody could say so, nor that it was over. What the event loop has begun must find the instance well
   * again: it comes only once, and would be taken for what has failed.
   */
  #finishTurn(): void {
    if (this.undo !== undefined && this.turns?.areIdle === true) this.isRunning();
  }

  /** As it was before the turn that failed. Frames of the glue, too, are gone: what they had still to do has found every guard shut. */
  #comeBack(undo: Undo, { error, since, ofState, tell }: Extract<Life, { is: 'undone' }>): void {
    const { turn } = undo;
    const givenUp = undo.wouldGiveUp;
    const takeBack = undo.rollBack(ofState);
    this.#failures.forget();
    this.#failures.startAnew();
    // Note: not the one before, whose alarm rings once.
    this.#host = new InstanceHost(this, this.#failures);
    this.#bindAgain(this.#moved(undo));
    this.#life = { is: 'running' };
    this.failedIn = undefined;
    this.promises.rejectOf(turn, () => this.#withoutFrames(error));
    // None was owed when the older state was kept.
    if (givenUp !== undefined) this.promises.rejectOwed(() => this.#withoutFrames(lostError(error)));
    // Until that is over, Rust waits for it.
    const isOver = undo.awaits();
    tell(() => this.owner.rolledBack(this, since, givenUp));
    // Last, for that may run code of the program's.
    try {
      takeBack(error);
    } finally {
      isOver();
    }
  }

  /** Whether another WebAssembly instance has taken over the state. */
  #moved(undo: Undo): boolean {
    const before = this.memoryBytes;
    const moved = undo.move(() => this.#another());
    if (moved === undefined) return false;
    leaveMemory(before);
    this.#lookAt(moved);
    return true;
  }

  /** @param hasMoved whether that is to another WebAssembly instance */
  #bindAgain(hasMoved: boolean): void {
    const exports = this.#exports as WebAssembly.Exports;
    // Glue has views of the memory that was.
    if (hasMoved) this.scope.release();
    this.scope.bind(exports, this.#host);
    if (hasMoved) this.promises.moved(this.scope.held(exports));
  }

  /** Keeps older states of it from now on; undefined: none. Where its turns can't be undone, nothing comes of it. */
  keepCheckpoints(policy: CheckpointPolicy | undefined): void {
    this.undo?.keep(policy, () => this.promises.size === 0 && !this.registrations.areTimersPending);
  }

  /** What is given up besides the turn, where one that fails is undone. */
  get wouldGiveUp(): GivenUp | undefined {
    return this.undo?.wouldGiveUp;
  }

  /**
   * It is lost until the turn is over, and comes back as it was before. Everybody is told then.
   * @param ofState whether the failure says something of the state that it came from: see {@link Undo.rollBack}
   */
  undoTurn(error: ReviveError, ofState: boolean, tell: TellUndone): void {
    this.#life = { is: 'undone', trap: this.trap, error: this.#withoutFrames(error), since: performance.now(), ofState, tell };
  }

  /** Whether a failure may cost no more than its turn, if that is still to end: not what the event loop has begun and does not begin again, unless Rust is told of it. */
  get canUndo(): boolean {
    return !this.callbacks.isSpent && this.undo?.canUndo(() => this.#another()) === true;
  }

  /** Makes another WebAssembly instance in place of this one; undefined where somebody would notice: the program has made it, or Rust holds its memory. */
  #another(): WebAssembly.Exports | undefined {
    const { compiled } = this.owner.module;
    const exports = this.#exports as WebAssembly.Exports;
    if (compiled === undefined || this.#isPrograms || holdsMemory(this.scope.held(exports), exports.memory)) return undefined;
    return new WebAssembly.Instance(compiled, this.scope.imports).exports;
  }

  /** A closure was called that was made in a turn which was undone. */
  undoneClosure(): undefined {
    const what = 'a closure of a call that was undone';
    if (this.owner.staleClosureCalled(this, what)) throw this.staleError(what);
    return undefined;
  }

  /** The name of an entry as its caller knows it. */
  entryName(entry: number): string {
    return this.#entry(entry).name;
  }

  /** The same; undefined where the event loop entered: there is no caller. */
  entrypoint(entry: number): string | undefined {
    if (this.callbacks.entered === 'first-poll') return this.#pollsFor;
    return this.callbacks.entered === 'caller' ? this.entryName(entry) : undefined;
  }

  /** Whether any of the calls that were in flight may have cost it: the event loop has entered, or a closure that anybody may have called. */
  get mayBeAnyCall(): boolean {
    const { failedIn } = this;
    return failedIn !== undefined && !this.#hasEntry(failedIn.entrypoint, 'throw');
  }

  /** Whether this is the name of a closure of Rust, which is called without the façade. */
  isClosure(entrypoint: string | undefined): boolean {
    return this.#hasEntry(entrypoint, 'closure');
  }

  /** The error for a use of something that pointed into this instance. */
  staleError(what: string): ReviveError {
    return staleError(what, this.generation, this.refusal);
  }

  /** What left Rust frames by throwing ran none of their epilogues and, but for a panic, none of their destructors. */
  settleDown(): void {
    this.#stacks?.restore(this.scope.lent?.());
    if (this.#exports !== undefined) forgetRunning(this.#exports);
  }

  /** From here on nothing of it runs. Everybody has still to be told. */
  shut(trap: unknown): void {
    if (this.state === 'lost') return;
    this.#life = { is: 'shut', trap };
    // First, for on a full stack what follows may fail.
    this.scope.release();
    this.#failures.forget();
  }

  /** Whoever asks from now on hears this. @param toForeign whether a foreign exception cost it */
  lost(error: ReviveError, toForeign: boolean): void {
    this.#life = { is: 'lost', trap: this.trap, error: this.#withoutFrames(error), toForeign };
  }

  /** Rejects what the instance still owes, and lets go of it. @param isTheirs the one call in flight is the one that failed */
  letGo(error: ReviveError, isTheirs: boolean): void {
    this.forget();
    this.undo?.release();
    leaveMemory(this.memoryBytes);
    this.#exports = undefined;
    this.#stacks = undefined;
    this.#panicking = undefined;
    this.promises.rejectAll(() => (isTheirs ? error : this.#withoutFrames(lostError(error))));
  }

  /** Lets go of what outlives the instance. An instance that never ran needs no more than this. */
  forget(): void {
    const { registries, owners } = this.owner.module;
    for (const registry of registries) registry.forget(this.space);
    owners.delete(this.space);
  }

  /** Ends it without a failure of its own: everything that it still owes is rejected. */
  retire(error: ReviveError): void {
    if (this.#end(error)) this.registrations.takeBack();
  }

  /** The same, but for what the host was given. Says whether there was anything to end. */
  #end(error: ReviveError): boolean {
    if (!this.isWell()) return false;
    this.shut(error);
    this.#failures.clear();
    this.lost(error, false);
    this.letGo(error, false);
    return true;
  }

  /**
   * A panic has left it intact, and another is to take its place. A turn that goes on may end well first; where it is over, what the host was
   * given is taken back by the caller, after that is reported. Gives what those in flight hear.
   * @param isOver whether the turn has ended, and everything of it has been told
   */
  replaceAfter(panic: PanicError, isOver: boolean): ReviveError {
    // Before those frames are gone that it holds.
    const error = this.#withoutFrames(replacedError(panic));
    if (isOver) this.#end(error);
    else inMicrotask(() => this.retire(error));
    return error;
  }

  /** An error that outlives the instance must not hold it by frames that are still on the stack. To read the stack makes text of them. */
  #withoutFrames(error: ReviveError): ReviveError {
    if (!this.scope.isQuiescent()) lookAt(() => error.stack, undefined);
    return error;
  }

  #entry(index: number): Entry {
    return this.#entries[index] ?? TABLE_ENTRY;
  }

  #hasEntry(wanted: string | undefined, which: Entry['whenLost']): boolean {
    return this.#entries.some(({ name, whenLost }) => whenLost === which && name === wanted);
  }

  get #entries(): readonly Entry[] {
    return entriesOf(this.module, this.scope);
  }
}

/** What no export has: older glue calls destructors of closures straight out of the module's function table. */
const TABLE_ENTRY: Entry = { name: 'a function called through the function table', whenLost: 'throw' };

/** Whether Rust holds the memory, its buffer or a view of that. */
function holdsMemory(held: Held | undefined, memory: WebAssembly.ExportValue | undefined): boolean {
  const { buffer } = memory as WebAssembly.Memory;
  for (let place = 0, length = held?.length ?? 0; place < length; place++) {
    const value = held?.get(place);
    if (value === memory || value === buffer || (ArrayBuffer.isView(value) && value.buffer === buffer)) return true;
  }
  return false;
}
