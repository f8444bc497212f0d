/**
 * What a program may see of a transformed module: the plain model that random schedules are held against. It knows nothing of how recovery
 * is made; it says which generation serves, what that remembers, which failures are reported, and what each call's caller gets.
 *
 * The driver tells the model when a call begins, when JavaScript in the middle of it runs, and when it has ended, and every event that it
 * hears of. Listeners may do anything in between, so nothing is predicted ahead: what a call must have given is asked when it has ended.
 */
import { codeOf } from '../runner/checks.ts';
import type { Report } from '../runner/fixtures.ts';
import type { Expected as KindExpected } from '../runner/kinds.ts';
import type { Expected, Outcome } from './expected.ts';
import type { Decision } from './steps.ts';

/** How a call that enters Rust is to fail there; `ambiguous`: it may as well be taken for the one before it. */
export type Failing = Exclude<KindExpected, { class: 'well' }> & { readonly ambiguous?: boolean };

/** One generation: what it remembers, and what has become of it. */
export class Generation {
  readonly number: number;
  /** `replaced`: by `reset()`; calls that are in it run on. */
  state: 'serves' | 'replaced' | 'lost' = 'serves';
  /** The foreign exception that cost it. */
  lostTo: { readonly value: unknown } | undefined;
  /** The foreign exceptions that were reported and whose way out may not have ended: JavaScript in between has them. */
  readonly taints: unknown[] = [];
  /** By the program, from outside of listeners: from then on it has started. */
  called = false;
  count = 100;
  calls = 0;
  tasks = 0;
  readonly notes = new Map<string, string>();

  constructor(number: number) {
    this.number = number;
  }
}

/** One call, from when JavaScript makes it until it has returned or thrown. */
export interface Call {
  /** Where it is, once JavaScript in the middle of it says so. */
  inside?: Generation | undefined;
  failing?: Failing | undefined;
  /** What JavaScript in the middle of it threw into Rust. */
  thrown?: { readonly value: unknown };
  /** Whether the program makes it outside of listeners, through the façade. */
  readonly outside?: boolean;
  /** The instance that failed in it. */
  failed?: Generation;
  /** Whether messages were redacted when it failed. */
  redacted?: boolean;
  /** Whether what was reported further in goes on through it. */
  passesOn?: boolean;
  /** Through whose frames the foreign exception went that was reported. */
  tainted?: Generation;
}

/** A failure that the event loop enters: a task's poll. */
export interface DueFailure {
  readonly generation: Generation;
  readonly failing: Failing;
  report?: Report;
}

/** A failure, and what its report has to say. */
interface Told {
  readonly generation: Generation | undefined;
  readonly failing: Failing | undefined;
  readonly recovery: string | undefined;
}

/** So many resets in a row a listener can make; any more may be refused. */
const RESETS_WITHIN = 5;

/** See the file. */
export class Model {
  readonly violations: string[] = [];
  readonly due = new Set<DueFailure>();
  current: Generation | undefined;
  failures = 0;
  recoveries = 0;
  retiredEvents = 0;
  staleEvents = 0;
  foreign: 'keep' | 'recover' = 'keep';
  staleClosures: 'ignore' | 'throw' = 'ignore';
  redacts = false;
  decides: Decision = 'nothing';
  /** How many listeners are running. Events that they cause come when they have ended. */
  within = 0;
  #resetsWithin = 0;
  #failedStarts = 0;
  #waits = false;
  #retirements = 0;
  /** Failures in listeners, whose events have still to come. */
  readonly #untold: Told[] = [];
  #maxRestarts = Number.POSITIVE_INFINITY;
  #restarts = 0;
  #givenUp = false;
  /** Whether the next recovery is one from a failure. */
  #wasLost = false;
  #latest = 0;
  /** Those that were seen to serve before the event. */
  readonly #early = new Set<number>();
  readonly #generations = new Map<number, Generation>();
  readonly #calls: Call[] = [];
  readonly #generationNow: () => number;
  readonly #failuresNow: () => number;

  /**
   * @param generationNow the generation that has served last, as the module says
   * @param failuresNow how many failures the module has counted
   */
  constructor(generationNow: () => number, failuresNow: () => number) {
    this.#generationNow = generationNow;
    this.#failuresNow = failuresNow;
  }

  /** Something isn't as it has to be. */
  violate(what: string): void {
    this.violations.push(what);
  }

  /** Whether calls are refused. */
  get retired(): boolean {
    return this.current === undefined && (this.#givenUp || this.#restarts >= this.#maxRestarts);
  }

  /** The state of a module of which no instance serves. */
  get stateWithout(): string {
    return !this.retired ? 'recovering' : this.#givenUp ? 'retired' : 'open';
  }

  /** Whether the next instance is made after a pause, unless a call asks for it. */
  get pauses(): boolean {
    return this.current === undefined && this.#failedStarts > 1;
  }

  /** What calls are refused with, if they are. */
  get refusal(): readonly Expected[] {
    return this.retired ? [REFUSED] : [];
  }

  /** The pauses pass. */
  waits(pass: () => void): void {
    this.#waits = true;
    pass();
    this.#waits = false;
  }

  /** Only while an instance serves: what has failed before no longer counts. */
  limit(maxRestarts: number): void {
    this.#maxRestarts = maxRestarts;
    this.#restarts = 0;
  }

  /** @param entersBy how JavaScript enters: closures and finalizers don't ask which instance serves */
  begin(failing?: Failing, entersBy: 'façade' | 'itself' = 'façade'): Call {
    const call: Call = { failing, outside: entersBy === 'façade' && this.within === 0 };
    this.#calls.push(call);
    return call;
  }

  /** JavaScript runs in the middle of this call. @param generation where the event loop entered, for what serves may be another */
  enter(call: Call, generation = this.#serving): void {
    call.inside = generation;
    if (call.outside && generation) this.#isCalled(generation);
    if (generation === undefined) this.violate('I2: Rust calls JavaScript, and no instance serves');
  }

  /** JavaScript in the middle of this call is about to throw into Rust, which doesn't catch. @param wasReported further in */
  throwInto(call: Call, value: unknown, wasReported: boolean): void {
    const { inside } = call;
    call.thrown = { value };
    if (inside === undefined || inside.state === 'lost') return;
    const same = inside.taints.some((taint) => Object.is(taint, value));
    if (same && wasReported) {
      call.passesOn = true;
      return;
    }
    // The program may throw one that is equal to what was reported, which nobody can tell. So it is with a panic that was reported when it
    // left the frames further in: whether it taints those further out, too, is left open.
    call.failing = { class: 'foreign', message: /./, ambiguous: same || codeOf(value) === 'REVIVE_PANIC' };
  }

  /** The call has returned or thrown. */
  end(call: Call, { threw, value }: Outcome): void {
    if (this.#calls.pop() !== call) throw new Error('The driver ends another call than the last.');
    if (this.within > 0) this.#noteUntold(call);
    if (call.outside && !call.failed && !call.inside) {
      const generation = this.#serving;
      if (generation) this.#isCalled(generation);
    }
    const { inside, tainted } = call;
    if (threw && tainted) {
      tainted.taints.push(value);
      if (tainted.lostTo) tainted.lostTo = { value };
    }
    if (tainted && !this.#calls.some((outer) => outer.inside === tainted)) tainted.taints.length = 0;
    if (inside !== undefined && !this.#calls.some((outer) => outer.inside === inside)) inside.taints.length = 0;
    if (call.failing && !call.failed && !call.failing.ambiguous && !this.retired) {
      this.violate(`I1: nothing was reported of a failure (${call.failing.class})`);
    }
  }

  /** Who called a function that fails, and whose end has been told to the model. */
  outcomeOfFailure(call: Call): Expected {
    const { failing, failed } = call;
    if (failing === undefined) throw new Error('Asked of a call that was not to fail.');
    if (failed === undefined) return REFUSED;
    switch (failing.class) {
      case 'aborted':
        return { is: 'error', code: 'REVIVE_ABORT', generation: failed.number };
      case 'unwound':
        return { is: 'error', code: 'REVIVE_PANIC', message: call.redacted ? /^redacted$/ : failing.message };
      case 'foreign':
        return { is: 'ordinary-error' };
    }
  }

  /**
   * Who called a function that calls JavaScript.
   * @param returns what it returns where JavaScript returned
   * @param catches whether Rust catches what JavaScript throws, and returns it
   */
  outcomeOfNested(call: Call, returns: unknown, catches: boolean): Expected {
    const { inside, thrown } = call;
    if (inside === undefined) return REFUSED;
    if (inside.state === 'lost') {
      const isTheirs = thrown !== undefined && inside.lostTo !== undefined && Object.is(inside.lostTo.value, thrown.value);
      const abort: Expected = { is: 'error', code: 'REVIVE_ABORT', generation: inside.number };
      // Reported, and the instance kept: until a listener of that very report made it fail.
      if (thrown && call.failed && !inside.lostTo) return { is: 'one-of', of: [{ is: 'thrown', value: thrown.value }, abort] };
      if (!isTheirs) return abort;
      const theirs: Expected = { is: 'thrown', value: thrown.value };
      return catches ? { is: 'one-of', of: [theirs, abort] } : theirs;
    }
    if (thrown === undefined) return { is: 'value', value: returns };
    return { is: catches ? 'value' : 'thrown', value: thrown.value };
  }

  /** Who called a function of Rust that goes well. @param value what it gives, of the instance that serves */
  outcomeOf(value: (generation: Generation) => Expected): Expected {
    const generation = this.#serving;
    if (generation !== undefined) return value(generation);
    if (!this.retired) this.violate('I2: a call has ended, and no instance serves');
    return REFUSED;
  }

  /** `reset()` was called, and is about to make a fresh instance. Gives what takes this back, where that may be refused. */
  reset(): (() => void) | undefined {
    const before = [this.current, this.#restarts, this.#givenUp, this.#failedStarts, this.#wasLost] as const;
    if (this.within === 0) this.#resetsWithin = 0;
    else this.#resetsWithin++;
    if (this.current) this.current.state = 'replaced';
    this.current = undefined;
    this.#restarts = 0;
    this.#givenUp = false;
    this.#failedStarts = 0;
    this.#wasLost = false;
    if (this.#resetsWithin <= RESETS_WITHIN) return undefined;
    return () => {
      [this.current, this.#restarts, this.#givenUp, this.#failedStarts, this.#wasLost] = before;
      if (this.current) this.current.state = 'serves';
    };
  }

  /** `reset()` has made one, which serves. */
  hasReset(): void {
    void this.#serving;
  }

  /** The event loop has turned: of an instance that was replaced, nothing is left. */
  settle(): void {
    for (const [number, generation] of this.#generations) {
      if (generation.state === 'replaced') generation.state = 'lost';
      if (generation.state === 'lost') this.#generations.delete(number);
    }
  }

  /** The event `recovered`. */
  recovered(number: number): void {
    this.recoveries++;
    if (number <= this.#latest) {
      if (!this.#early.delete(number)) this.violate(`I2: generation ${number} comes after ${this.#latest}`);
      return;
    }
    if (this.current !== undefined) this.violate(`I2: generation ${number} takes the place of ${this.current.number}, which serves`);
    if (this.retired) this.violate('I2: a module that was retired has recovered by itself');
    if (this.pauses && this.#calls.length === 0 && !this.#waits) this.violate(`I2: generation ${number} comes before the pause is over`);
    this.#starts(number);
  }

  /** What serves. In a listener, it may do so before the event that says so, which waits for the listener's end. */
  get #serving(): Generation | undefined {
    const number = this.#generationNow();
    if (this.current === undefined && !this.retired && number > this.#latest) {
      this.#starts(number);
      this.#early.add(number);
    }
    return this.current;
  }

  #starts(number: number): void {
    this.#latest = number;
    if (this.#wasLost) this.#restarts++;
    this.#wasLost = false;
    this.current = new Generation(number);
    this.#generations.set(number, this.current);
  }

  /** The event `retired`, or `opened`. */
  hasRetired(): void {
    this.retiredEvents++;
    // A listener may have reset the module since.
    if (this.retiredEvents > this.#retirements) this.violate('I2: the module says that it is retired');
  }

  #isCalled(generation: Generation): void {
    generation.called = true;
    if (this.current === generation) this.#failedStarts = 0;
    this.#resetsWithin = 0;
  }

  /** The event `failure`: of what fails now, or has failed while listeners were running. */
  failed(report: Report): void {
    this.failures++;
    const what = `${report.failure.cause ?? report.failure.kind} in generation ${report.generation}`;
    const untold = this.#untold.shift();
    if (untold) {
      this.#holdsFor(untold, report, what);
      return;
    }
    void this.#serving;
    const generation = this.#generations.get(report.generation);
    const call = this.#calls.at(-1);
    const failure = call ?? this.#dueFailure(report);
    if (!failure?.failing || generation === undefined) {
      this.violate(`I2: a failure that nobody expects is reported: ${what}`);
      return;
    }
    if (call ? call.failed : (failure as DueFailure).report) this.violate(`I1: a failure is reported twice: ${what}`);
    if (!call) (failure as DueFailure).report = report;
    if (generation.state === 'lost') this.violate(`I3: a failure of a lost instance is reported: ${what}`);
    const mayBe = call ? [call.inside ?? this.current] : [generation];
    if (!mayBe.includes(generation)) this.violate(`I1: the report names generation ${report.generation}`);
    const recovery = call ? this.#failsIn(call, failure.failing, generation) : this.#decide(generation, failure.failing);
    this.#holdsFor({ generation, failing: failure.failing, recovery }, report, what);
  }

  #holdsFor({ generation, failing, recovery }: Told, report: Report, what: string): void {
    if (failing === undefined || generation === undefined) {
      this.violate(`I2: a failure that nobody expects is reported: ${what}`);
      return;
    }
    if (!isReportOf(failing, report)) this.violate(`I1: the report says ${what}, and not ${describe(failing)}`);
    if (generation.number !== report.generation) this.violate(`I1: the report names generation ${report.generation}`);
    if (recovery !== undefined && report.recovery !== recovery)
      this.violate(`I2: the report says ${report.recovery} in place of ${recovery}`);
  }

  /** A call in a listener has ended. The module has counted a failure in it, of which the event has still to come. */
  #noteUntold(call: Call): void {
    // Whatever the call gave, it may have brought about an instance.
    void this.#serving;
    const untold = this.#failuresNow() - this.failures - this.#untold.length;
    if (untold === 0) return;
    if (untold > 1 || call.failed) this.violate('I1: a failure in a listener is reported twice');
    const generation = call.inside ?? this.#serving;
    const { failing } = call;
    const recovery = failing && generation && this.#failsIn(call, failing, generation);
    this.#untold.push({ generation, failing, recovery });
  }

  #failsIn(call: Call, failing: Failing, generation: Generation): string | undefined {
    call.failed = generation;
    call.redacted = this.redacts;
    if (call.outside) this.#isCalled(generation);
    if (failing.class === 'foreign') call.tainted = generation;
    return this.#decide(generation, failing);
  }

  #dueFailure(report: Report): DueFailure | undefined {
    const due = [...this.due].filter(({ generation, report: earlier }) => generation.number === report.generation && !earlier);
    return due.find(({ failing }) => isReportOf(failing, report)) ?? due[0];
  }

  /** Gives what the report has to say of the recovery, where that is known. */
  #decide(generation: Generation, failing: Failing): string | undefined {
    const recovery = this.#recoveryFrom(failing);
    if (recovery === 'keep') return 'keep';
    const served = generation === this.current;
    generation.state = 'lost';
    // Which value that is, shows when the call ends.
    if (failing.class === 'foreign') generation.lostTo = { value: undefined };
    // What becomes of an instance that was replaced decides nothing for the one that serves.
    if (recovery === 'retire' && this.current === undefined) this.#retirements++;
    if (recovery === 'retire' && (served || this.current === undefined)) this.#givenUp = true;
    if (!served) return undefined;
    this.current = undefined;
    this.#wasLost = true;
    this.#failedStarts = generation.called ? 0 : this.#failedStarts + 1;
    if (this.retired) this.#retirements++;
    return this.retired ? 'retire' : 'fresh';
  }

  #recoveryFrom(failing: Failing): 'keep' | 'fresh' | 'retire' {
    if (failing.class === 'unwound') return 'keep';
    if (this.decides === 'fresh' || this.decides === 'retire') return this.decides;
    if (failing.class === 'aborted') return 'fresh';
    if (this.decides === 'keep') return 'keep';
    return this.foreign === 'recover' ? 'fresh' : 'keep';
  }
}

const REFUSED: Expected = { is: 'error', code: 'REVIVE_CRASH_LOOP' };

function isReportOf(failing: Failing, { failure }: Report): boolean {
  switch (failing.class) {
    case 'unwound':
      return failure.kind === 'unwound';
    case 'foreign':
      return failure.kind === 'aborted' && failure.cause === 'foreign-exception';
    case 'aborted':
      return failure.kind === 'aborted' && failing.causes.includes(failure.cause ?? '');
  }
}

function describe(failing: Failing): string {
  return failing.class === 'aborted' ? failing.causes.join(' or ') : failing.class;
}
