import { PanicError, ReviveError } from '../errors.js';
import type { Instance, Loss } from '../instance/instance.js';
import { forgetPanic } from '../module/black-box.js';
import type { Thrown } from '../plugin.js';
import { complain } from '../program/complain.js';
import { alarm, define, inMicrotask, is } from '../program/intrinsics.js';
import { hasStackRoom } from '../program/stack-room.js';
import { describeThrown, lookAt } from '../program/thrown.js';
import { stackText } from '../report/read-stack.js';
import { isOfProgram, safely } from '../report/report.js';
import { standFor } from '../report/trap-stack.js';
import { UnreadStacks } from '../report/unread-stacks.js';
import { draftReport, type ReportDraft, withReport } from '../report/write-report.js';
import { type Crossed, Crossings } from './crossings.js';
import { type Aborted, type Failure, isForeign as isForeignFailure, type Recovery, type Unwound } from './failure.js';
import { type CaughtPanic, Panics } from './panics.js';
import { realTrap } from './real-trap.js';

/** Something that left an instance by throwing, or a panic that has reached no guard. */
interface Occurrence extends Pick<Thrown, 'error' | 'origin' | 'panic' | 'entrypoint' | 'quiescent' | 'tornPoll'> {
  /** Whether the turn is over in which it happened: that is not undone any more. */
  readonly isBehind: boolean;
  /** Whether it was reported before, when it left frames further in. */
  readonly isReported: boolean;
}

/**
 * What becomes of everything that leaves an instance by throwing. Each failure goes one way: it is classified, decided, settled and reported,
 * in this order. From the decision on nothing about it changes.
 */
export class Failures {
  readonly #instance: Instance;
  readonly #crossings = new Crossings();
  readonly #panics = new Panics((panic) => this.#panicReachedNobody(panic));
  /** The foreign exception that was reported last, so that callbacks don't throw it where nobody catches. */
  #taint: unknown = NONE;
  /** The same, of a turn that is to be undone: it goes on to whoever has entered, and the instance is well by then. */
  #undoneThrough: unknown = NONE;
  /** Of the failures that the instance has lived on after. */
  readonly #unread = new UnreadStacks();
  /** A turn that has failed, was undone, and is being run once more: what was reported of it, if that went well. */
  #firstAttempt: { readonly drafts: readonly ReportDraft[]; readonly tell: () => void } | undefined;
  /** What may have left Rust panicking. */
  #suspected: Suspected | undefined;
  /** What was decided of a failure that costs the instance, until that is reported: the stack may end in between. */
  #decided: Recovery | undefined;
  /** Whether the exception that cost the instance goes on through frames further out. */
  #passesOn = false;
  /** Has a microtask ask whether the instance is well. Called once: Node.js reports the second time that a promise is resolved. */
  #alarm = alarm(() => this.#instance.isWell());
  #isAskingAgain = false;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** Whether it isn't known yet whether something has left Rust panicking. */
  get isSuspecting(): boolean {
    return this.#suspected !== undefined;
  }

  /** Whether an error needs no catcher, for it was reported. */
  isReported(error: unknown): boolean {
    return this.#instance.state === 'lost' || error === this.#taint;
  }

  /** See `Host.threw`. */
  threw(error: unknown, entry: number, imports: number): unknown {
    const instance = this.#instance;
    // Before the turn is over, which may bring it back.
    const told = this.#passesOn ? instance.trap : instance.error;
    if (instance.isTold) return imports === 0 ? this.#turnLeft(told) : told;
    try {
      // Further in, there was no stack left to tell it.
      if (!instance.isRunning()) return instance.error;
      const caught = this.#leftExport(error, entry, imports);
      if (instance.state !== 'running') return imports === 0 ? this.#turnLeft(caught) : caught;
      if (imports === 0) {
        instance.settleDown();
        return this.#turnLeft(caught);
      }
      this.#suspect(caught);
      return caught;
    } catch (broken) {
      return hasStackRoom() && !saysStackIsFull(broken) ? this.#giveUp(error, broken) : this.#tear(error);
    } finally {
      // Whatever there was no stack for.
      instance.isLookedAt = false;
    }
  }

  /** No frame of the instance is left, and something was thrown. Gives what its caller is to be thrown: the turn may be found to have failed otherwise. */
  #turnLeft(thrown: unknown): unknown {
    try {
      this.#instance.turns?.left();
      return thrown;
    } catch (error) {
      return error;
    }
  }

  /** A turn is over without a trap, and has damaged memory: it has failed. Throws what its caller gets. */
  damaged(found: Error): never {
    const instance = this.#instance;
    let error: unknown;
    try {
      error = this.#carryOut({ kind: 'aborted', cause: 'corruption', trap: found, frames: [] }, { ...blindly(found), quiescent: true });
    } finally {
      instance.isLookedAt = false;
    }
    // The turn is over: where it is undone, that is now.
    instance.isRunning();
    throw error;
  }

  #leftExport(error: unknown, entry: number, imports: number): unknown {
    const instance = this.#instance;
    const payload = instance.scope.payload(error);
    const crossed = this.#crossings.left(error, payload);
    const thrown = crossed === undefined ? payload : crossed.error;
    const tornPoll = instance.callbacks.isPolling && imports === 0;
    const caught = this.#occurred({
      error: thrown,
      origin: crossed === undefined ? 'own' : crossed.deliberate ? 'deliberate' : 'foreign',
      panic: this.#panics.take(thrown) ?? (tornPoll ? this.#strandedPanic(crossed) : undefined),
      entrypoint: instance.entrypoint(entry),
      quiescent: imports === 0,
      tornPoll,
      isBehind: false,
      isReported: crossed?.isReported === true,
    });
    // The program may keep it, and it holds the frames that were on the stack.
    if (!caught.isFailure) this.#unread.add(caught.error);
    if (crossed !== undefined && imports > 0 && caught.isFailure && instance.state === 'running') {
      this.#crossings.reported(caught.error, imports);
      instance.scope.watch();
    }
    return caught.error;
  }

  /** In a task that the event loop polls nobody is there to be thrown to, so what Rust unwound with is told as the panic that it was. */
  #strandedPanic(crossed: Crossed | undefined): CaughtPanic | undefined {
    if (crossed?.exception === undefined) return undefined;
    const error = this.#panicError(crossed.error);
    this.#noteDropped(error);
    return { error, blackBox: undefined, site: undefined };
  }

  /** See `Host.crossed`. */
  crossed(error: unknown, deliberate: boolean, imports: number): unknown {
    const instance = this.#instance;
    if (instance.state === 'lost' || instance.scope.isShut()) {
      this.#passesOn = instance.isLostToForeign && this.#isWhatCostIt(error);
      return this.#trapForFrames();
    }
    const payload = instance.scope.payload(error);
    this.#crossings.threw(payload, deliberate, imports);
    if (instance.panicking?.phase === 'hook') instance.owner.hooks.leavesHook?.(instance.view, payload, this.isSuspecting);
    return error;
  }

  /** See `Host.returned`. */
  returned(imports: number): void {
    this.#crossings.returned(imports);
  }

  /** See `Host.unwinding`. */
  unwinding(exception: unknown): unknown {
    this.#crossings.unwinding(exception);
    return exception;
  }

  #isWhatCostIt(error: unknown): boolean {
    try {
      return is(this.#instance.scope.payload(error), this.#instance.trap);
    } catch {
      // The stack is full.
      return false;
    }
  }

  /** The trap that must go on through the frames of a lost instance. */
  trap(): unknown {
    this.#passesOn = false;
    return this.#trapForFrames();
  }

  /**
   * Where exceptions are caught, these frames have landing pads, which nothing but a trap of Wasm's own leaves alone: neither what JavaScript threw
   * nor, in SpiderMonkey, an exhausted stack.
   */
  #trapForFrames(): unknown {
    const { catches, trap, scope } = this.#instance;
    return (catches ? realTrap() : undefined) ?? trap ?? scope.trap();
  }

  /** See `Host.panicked`. */
  panicBegins(): void {
    const { exports, promises } = this.#instance;
    this.#crossings.panicked();
    if (exports !== undefined) this.#panics.began(exports);
    promises.panicBegins();
  }

  /** See `Host.panic`: wasm-bindgen caught a panic at the boundary. What an import threw goes on as what it is. */
  panic(payload: unknown): unknown {
    if (this.#crossings.unwoundWith(payload)) return payload;
    const error = this.#panicError(payload);
    this.#noteDropped(error);
    this.#panics.caught(error, payload, this.#instance.exports);
    return error;
  }

  #panicReachedNobody(panic: CaughtPanic): void {
    if (this.#instance.state !== 'lost') this.#occurredBehind(panic.error, 'own', panic, true);
  }

  /**
   * Something left frames of the instance, and there are others further out. Whose the panic is that goes on can be told when none is
   * left: that may be by returning, for JavaScript in between may swallow what was thrown.
   */
  #suspect(error: unknown): void {
    const instance = this.#instance;
    if (instance.state !== 'running' || this.#suspected !== undefined || instance.panicking?.phase === 'none') return;
    this.#suspected = { error, drafts: [] };
    if (instance.turns !== undefined) instance.turns.state.hasChanged = true;
    instance.owner.suspected(instance);
    inMicrotask(() => this.lookAgain(true));
  }

  /**
   * Tells a panic that something may have left behind, as soon as no frame of the instance is on the stack.
   * @param isBehind whether the turn is over in which that was
   */
  lookAgain(isBehind: boolean): void {
    const instance = this.#instance;
    const suspected = this.#suspected;
    if (suspected === undefined || instance.state !== 'running' || !instance.scope.isQuiescent()) return;
    this.#suspected = undefined;
    if (instance.panicking?.isLeft(true)) this.#occurredBehind(suspected.error, 'foreign', undefined, isBehind);
    else for (const { draft } of suspected.drafts) this.#tell(draft);
  }

  /** A failure that has reached no guard, or left one before it was known. */
  #occurredBehind(error: unknown, origin: Thrown['origin'], panic: CaughtPanic | undefined, isBehind: boolean): void {
    const instance = this.#instance;
    const tornPoll = instance.callbacks.isPolling;
    try {
      this.#occurred({ error, origin, panic, entrypoint: undefined, quiescent: true, tornPoll, isBehind, isReported: false });
    } catch (broken) {
      this.#giveUp(error, broken);
    } finally {
      // Whatever there was no stack for.
      instance.isLookedAt = false;
    }
  }

  /** A failure of which, when it happened, there was no stack left to find out more. Waits for another asker where there still is none. */
  tellExhausted(): void {
    const instance = this.#instance;
    if (!hasStackRoom()) {
      try {
        this.askAgain();
      } catch {
        // Those further out have more.
      }
      return;
    }
    const { trap } = instance;
    instance.isLookedAt = true;
    try {
      this.#carryOut({ kind: 'aborted', cause: 'stack-overflow', trap, frames: [] }, blindly(trap));
    } finally {
      instance.isLookedAt = false;
    }
  }

  /** Has a microtask ask: whoever asks with a full stack may be the last who does. Throws where there is too little stack even for that. */
  askAgain(): void {
    if (this.#isAskingAgain) return;
    this.#alarm();
    this.#isAskingAgain = true;
  }

  /** A plugin broke down over a failure. Whether the instance is well, nobody knows. */
  #giveUp(trap: unknown, broken: unknown): unknown {
    const instance = this.#instance;
    complain('a failure could not be looked at', broken);
    if (instance.isTold) return instance.error;
    instance.isLookedAt = true;
    instance.shut(trap);
    return this.#carryOut({ kind: 'aborted', cause: 'unknown', trap: instance.trap, frames: [] }, blindly(trap));
  }

  /** With as little stack as can be: nobody is let in any more. The rest follows where there is room for it. */
  #tear(trap: unknown): unknown {
    const instance = this.#instance;
    instance.shut(trap);
    if (!instance.isTold) inMicrotask(() => instance.isWell());
    return instance.error;
  }

  /** Classifies what left the instance, and carries out what follows. Gives what the caller is to be thrown. */
  #occurred(occurrence: Occurrence): { readonly error: unknown; readonly isFailure: boolean } {
    const instance = this.#instance;
    const { error, origin, panic, entrypoint, quiescent, tornPoll } = occurrence;
    this.#taint = NONE;
    const { hooks } = instance.owner;
    let isCondemned = false;
    const thrown: Thrown = {
      error,
      origin,
      panic,
      entrypoint,
      quiescent,
      tornPoll,
      instance: instance.view,
      condemn() {
        if (instance.state !== 'running') return;
        isCondemned = true;
        instance.isLookedAt = true;
        instance.shut(error);
      },
    };
    if (hooks.condemns(thrown)) thrown.condemn();
    const answer = hooks.threw(thrown);
    // A plugin may say something else of what was condemned, and may be the only one that says anything.
    const isSaid = !isCondemned || instance.isTold || answer?.kind === 'aborted';
    const failure: Failure | undefined = isSaid ? answer : { kind: 'aborted', cause: 'unknown', trap: error, frames: [] };
    return failure === undefined ? { error, isFailure: false } : { error: this.#carryOut(failure, occurrence), isFailure: true };
  }

  #carryOut(failure: Failure, occurrence: Occurrence): unknown {
    const instance = this.#instance;
    const asked = this.#decided ?? this.#askPlugins(failure, occurrence);
    // A hook may have called the instance, and cost it: that was reported, and whatever failed further out gets that.
    if (!instance.isRunning() && instance.isTold) return instance.error;
    if (failure.kind === 'unwound' && asked !== 'rollback') return this.#unwound(failure, asked, occurrence);
    if (failure.kind === 'aborted' && asked === 'keep') return this.#tainted(failure, occurrence);
    if (!hasStackRoom()) return this.#tear(occurrence.error);
    return failure.kind === 'unwound' ? this.#unwoundAndUndone(failure, occurrence) : this.#aborted(failure, asked, occurrence);
  }

  /** What plugins want to be done. Where that can't be done, it is what would be done without them, and where that can't either, what always can. */
  #askPlugins(failure: Failure, { tornPoll, isBehind, isReported }: Occurrence): Recovery {
    const instance = this.#instance;
    const { hooks } = instance.owner;
    // A guard further in has asked already. A listener may have changed the answer since, and the exception would be reported twice.
    const isKept = isReported && isForeignFailure(failure) && !tornPoll;
    const wanted = isKept ? 'keep' : hooks.failed(instance.view, failure);
    const canBe = (recovery: Recovery): boolean => {
      // The executor, run once more, would panic again, and be kept.
      const isKept = failure.kind === 'unwound' && instance.callbacks.entered === 'executor';
      if (recovery === 'rollback') return instance.canUndo && !isBehind && !isKept;
      // A torn poll leaves its task locked, and the promise that the task owes would never settle.
      return recovery !== 'keep' || failure.kind === 'unwound' || (instance.state === 'running' && !tornPoll);
    };
    if (wanted !== undefined && canBe(wanted)) return wanted;
    // Half of what they do is of no use, and the state without it is there.
    const canUndo = (): boolean => canBe('rollback') && instance.wouldGiveUp === undefined;
    const otherwise = instance.isRunningHooks ? 'rollback' : instance.owner.otherwise(failure, canUndo);
    if (canBe(otherwise)) return otherwise;
    return failure.kind === 'unwound' ? 'keep' : 'fresh';
  }

  /** The last word on a failure. Where the stack ends before that is reported, it is the last word on what is reported in its place. */
  #decide(failure: Failure, asked: Recovery, { quiescent, entrypoint }: Occurrence): Recovery {
    const instance = this.#instance;
    const decided = this.#decided ?? instance.owner.decide(instance, asked, failure, quiescent, entrypoint);
    if (decided !== 'keep') this.#decided = decided;
    return decided;
  }

  /** Rust ran its destructors: the instance is intact, and kept unless somebody wants otherwise. */
  #unwound(failure: Unwound, asked: Recovery, occurrence: Occurrence): unknown {
    const instance = this.#instance;
    const { panic } = occurrence;
    const recovery = this.#decide(failure, asked, occurrence);
    const draft = this.#draft(failure, recovery, occurrence, recovery === 'keep' ? 0 : instance.callsInFlight);
    // The program may have it already, and may have frozen it.
    const error = caughtError(panic, draft);
    // As a hook, a redaction may have cost the instance.
    if (instance.isTold) return instance.error;
    this.#unread.add(error);
    this.#unread.add(panic?.site);
    if (instance.exports !== undefined) forgetPanic(instance.exports);
    if (panic === undefined) this.#noteDropped(error);
    // Other tasks may have panicked in the same turn of the executor: those are told before the instance goes.
    const isOver = occurrence.quiescent && !this.#panics.areUntold;
    if (recovery !== 'keep') instance.failedIn = { entrypoint: occurrence.entrypoint };
    const loss = recovery === 'keep' ? undefined : { error: instance.replaceAfter(error, isOver), earlier: [] };
    this.#tell(draft, loss);
    this.#decided = undefined;
    // Last, for that may run code of the program's.
    if (loss !== undefined && isOver) instance.registrations.takeBack();
    instance.promises.rejectAbandoned(error);
    return error;
  }

  /** Frames were torn, and nothing else. Every guard on the way out sees the same error: it is reported once. */
  #tainted(failure: Aborted, occurrence: Occurrence): unknown {
    const instance = this.#instance;
    if (!occurrence.isReported) {
      const draft = this.#draft(failure, 'keep', occurrence, 0);
      // As a hook, a redaction may have cost the instance.
      if (instance.isTold) return instance.error;
      this.#unread.add(occurrence.error);
      // Where it may be the end of a panic, that is reported in its place.
      if (!occurrence.quiescent && instance.unwinds) this.#suspect(occurrence.error);
      if (this.#suspected === undefined) this.#tell(draft);
      else this.#suspected.drafts.push({ error: occurrence.error, draft });
    }
    // Listeners may have thrown through the instance, or cost it.
    if (instance.state === 'running') this.#taint = occurrence.error;
    return occurrence.error;
  }

  /** The instance is lost. */
  #aborted(failure: Aborted, asked: Recovery, occurrence: Occurrence): unknown {
    const instance = this.#instance;
    const { owner } = instance;
    const { entrypoint } = occurrence;
    // What is asked from here on may run the program's code, and that may call the module.
    instance.isLookedAt = true;
    instance.failedIn = { entrypoint };
    instance.shut(occurrence.error);
    const { trap } = instance;
    const recovery = this.#decide(failure, asked, occurrence);
    const draft = this.#draft(
      failure,
      recovery,
      occurrence,
      recovery === 'rollback' && instance.wouldGiveUp === undefined ? 0 : instance.callsInFlight,
    );
    const isForeign = isForeignFailure(failure);
    // An error still holds the frames that it has torn. This makes text of them.
    const stack = stackText(trap);
    if (isForeign) lookAt(() => failure.frames, undefined);
    const isOurs = !isOfProgram(failure);
    const error = withReport(
      standFor(
        isOurs ? stack : '',
        () => new ReviveError('REVIVE_ABORT', draft.message ?? '', { cause: isOurs ? trap : this.#causeOf(trap) }),
      ),
      draft,
    );
    if (recovery === 'rollback') {
      if (isForeign) this.#undoneThrough = occurrence.error;
      this.#undo(error, draft, !isForeign);
      return isForeign ? occurrence.error : error;
    }
    // Before plugins hear of it: what they call may ask, and must not have it told again.
    instance.lost(error, isForeign);
    owner.hooks.lost?.(instance.view, draft.report);
    // A call that has polled its task by itself has its promise for a caller.
    if (instance.callbacks.entered === 'first-poll') instance.promises.rejectOf(instance.undo?.turn, () => error);
    // A turn that the event loop entered has no caller. Alone in flight, the call is the one that failed; else nobody can tell.
    instance.letGo(error, instance.callsInFlight === 1 && entrypoint === undefined);
    // What has ended the panic is told as that alone.
    const ends = (thrown: unknown): boolean => failure.cause === 'panic-abort' && is(thrown, occurrence.error);
    const suspected = (this.#suspected?.drafts ?? []).filter((held) => !ends(held.error)).map(({ draft }) => draft);
    const earlier = [...(this.#firstAttempt?.drafts.slice(0, -1) ?? []), ...suspected];
    this.#firstAttempt = undefined;
    this.clear();
    owner.failed(instance, draft, { error, earlier });
    // Last, for that may run code of the program's.
    instance.registrations.takeBack();
    // The thrower of a foreign exception gets its own error back, by identity.
    return isForeign ? occurrence.error : error;
  }

  /** Has the turn undone as soon as it is over, and the program told then, of failures before this one in the turn, too. */
  #undo(error: ReviveError, draft: ReportDraft, ofState = true): void {
    const instance = this.#instance;
    const drafts = [...(this.#suspected?.drafts ?? []).map((held) => held.draft), draft];
    this.clear();
    const isRunAgain = instance.callbacks.isRepeatable;
    // Before plugins hear of it: what they call is refused with this error.
    instance.undoTurn(error, ofState, (recovered) => {
      const tell = (): void => {
        for (const each of drafts) this.#tell(each);
        if (instance.state === 'running') recovered();
      };
      if (!isRunAgain) return tell();
      // What becomes of it is one failure, and is reported once.
      this.#firstAttempt = { drafts, tell };
      instance.callbacks.tells(() => instance.owner.runsAgain(instance, error));
    });
    instance.owner.hooks.undone?.(instance.view, draft.report);
  }

  /** A turn that has failed was run once more. If that went well, or what failed costs no instance, all that is left of the failure is that it was undone. */
  ranAgain(): void {
    const instance = this.#instance;
    // It may have failed for want of stack, of which nobody could be told yet.
    if (instance.state === 'running' || instance.isTold) this.#tellFirstAttempt();
  }

  #tellFirstAttempt(): void {
    const first = this.#firstAttempt;
    this.#firstAttempt = undefined;
    first?.tell();
  }

  /** Rust ran its destructors, and the program wants nothing of the turn to be left all the same. */
  #unwoundAndUndone(failure: Unwound, occurrence: Occurrence): unknown {
    const instance = this.#instance;
    instance.isLookedAt = true;
    instance.shut(occurrence.error);
    const draft = this.#draft(failure, this.#decide(failure, 'rollback', occurrence), occurrence, 0);
    const error = caughtError(occurrence.panic, draft);
    this.#undo(error, draft);
    return error;
  }

  /** The instance is again as it was before it failed. */
  startAnew(): void {
    this.#taint = this.#undoneThrough;
    this.#undoneThrough = NONE;
    this.#decided = undefined;
    this.#passesOn = false;
    this.#isAskingAgain = false;
    this.#alarm = alarm(() => this.#instance.isWell());
  }

  /** Tells the program of a failure that the instance lives on after, if only until its turn is over. */
  #tell(draft: ReportDraft, loss?: Loss): void {
    this.#tellFirstAttempt();
    const instance = this.#instance;
    instance.callbacks.tells(() => instance.owner.failed(instance, draft, loss));
  }

  #draft(failure: Failure, recovery: Recovery, { entrypoint, panic }: Occurrence, callsLost: number): ReportDraft {
    const givenUp = recovery === 'rollback' ? this.#instance.wouldGiveUp : undefined;
    // A panic, and what costs no instance, is a failure of its own.
    const isSame = failure.kind === 'aborted' && (recovery === 'fresh' || recovery === 'retire');
    const firstAttempt = isSame ? this.#firstAttempt?.drafts.at(-1) : undefined;
    return draftReport(failure, this.#instance, { entrypoint, recovery, callsLost, panic, givenUp, firstAttempt });
  }

  /** Lets go of all that may hold the instance. Errors hold the frames that were on the stack, and those hold the instance. */
  forget(): void {
    this.#taint = NONE;
    this.#panics.forget();
    this.#crossings.forget();
  }

  /** Everything has been told: what may have left Rust panicking matters no more, and nobody may keep the instance by an error of its own. */
  clear(): void {
    this.#suspected = undefined;
    this.#unread.readSoon();
  }

  #noteDropped(by: PanicError): void {
    const { promises, callbacks } = this.#instance;
    promises.noteDropped(by, callbacks.entered !== 'caller');
  }

  #panicError(payload: unknown): PanicError {
    const text = safely(this.#instance.owner.redact)(describeThrown(payload).message);
    return typeof payload === 'string' ? new PanicError(text) : new PanicError(text, { cause: this.#causeOf(payload) });
  }

  /** What JavaScript threw, for errors that others get, too: where there is a redaction, only what that leaves of it. */
  #causeOf(thrown: unknown): unknown {
    const { redact } = this.#instance.owner;
    if (redact === undefined) return thrown;
    const { name, message } = describeThrown(thrown);
    const cause = new Error(safely(redact)(message));
    return define(cause, 'name', { value: safely(redact)(name), configurable: true, writable: true });
  }
}

/** What may have left Rust panicking, and the reports of it and of what followed, for the case that it has not. */
interface Suspected {
  readonly error: unknown;
  readonly drafts: { readonly error: unknown; readonly draft: ReportDraft }[];
}

/** What the caller gets of a panic that unwound. wasm-bindgen makes no error of it where it catches no panics: in what `free()` runs. */
function caughtError(panic: CaughtPanic | undefined, draft: ReportDraft): PanicError {
  return withReport(panic?.error ?? new PanicError(draft.report.failure.panic?.message ?? ''), draft);
}

/** A failure of which nothing is known but what was caught. */
function blindly(error: unknown): Occurrence {
  return {
    error,
    origin: 'own',
    panic: undefined,
    entrypoint: undefined,
    quiescent: false,
    tornPoll: false,
    isBehind: false,
    isReported: false,
  };
}

/** Whether it is as engines throw for a full stack: what needed more of it than is asked for here was further in. */
function saysStackIsFull(broken: unknown): boolean {
  const { name } = describeThrown(broken);
  return name === 'RangeError' || name === 'InternalError';
}

/** Nothing, which no value thrown is equal to. */
const NONE = Symbol('none');
