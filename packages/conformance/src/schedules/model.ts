/**
 * What a program may see of a transformed module: the plain model that random schedules are held against. It knows nothing of how recovery
 * is made; it says which generation serves, what that remembers, which failures are reported, and what each call's caller gets.
 *
 * The driver tells the model when a call begins, when JavaScript in the middle of it runs, and when it has ended, and every event that it
 * hears of. Listeners may do anything in between, so nothing is predicted ahead: what a call must have given is asked when it has ended.
 */
import { codeOf, show } from '../runner/checks.ts';
import type { Report } from '../runner/fixtures.ts';
import type { Expected as KindExpected } from '../runner/kinds.ts';
import type { Decision } from './steps.ts';

/** How a call that enters Rust is to fail there; `ambiguous`: it may as well be taken for the one before it. */
export type Failing = Exclude<KindExpected, { class: 'well' }> & { readonly ambiguous?: boolean };

/** What a caller got. */
export interface Outcome {
  readonly threw: boolean;
  readonly value: unknown;
}

/** What a caller has to get. */
export type Expected =
  | { readonly is: 'value' | 'thrown'; readonly value: unknown }
  /** An error with this code; of this generation's failure, where there is one. */
  | { readonly is: 'error'; readonly code: string; readonly message?: RegExp; readonly generation?: number }
  /** An error of the glue's or of Rust's own, which is no failure. */
  | { readonly is: 'ordinary-error' }
  | { readonly is: 'one-of'; readonly of: readonly Expected[] };

/** One generation: what it remembers, and what has become of it. */
export class Generation {
  readonly number: number;
  /** `replaced`: by `reset()`; calls that are in it run on. */
  state: 'serves' | 'replaced' | 'lost' = 'serves';
  /** The foreign exception that cost it. */
  lostTo: { readonly value: unknown } | undefined;
  /** The foreign exception that was reported last and whose way out may not have ended. */
  taint: { readonly value: unknown } | undefined;
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
  report?: Report;
  /** Whether messages were redacted when it was reported. */
  redacted?: boolean;
  /** Through whose frames the foreign exception went that was reported. */
  tainted?: Generation;
}

/** A failure that the event loop enters: a task's poll. */
export interface DueFailure {
  readonly generation: Generation;
  readonly failing: Failing;
  report?: Report;
}

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

  /** @param generationNow the generation that has served last, as the module says */
  constructor(generationNow: () => number) {
    this.#generationNow = generationNow;
  }

  /** Something isn't as it has to be. */
  violate(what: string): void {
    this.violations.push(what);
  }

  /** Whether calls are refused. */
  get retired(): boolean {
    return this.current === undefined && (this.#givenUp || this.#restarts >= this.#maxRestarts);
  }

  /** What calls are refused with, if they are. */
  get refusal(): readonly Expected[] {
    return this.retired ? [REFUSED] : [];
  }

  /** Only while an instance serves: what has failed before no longer counts. */
  limit(maxRestarts: number): void {
    this.#maxRestarts = maxRestarts;
    this.#restarts = 0;
  }

  begin(failing?: Failing): Call {
    const call: Call = { failing };
    this.#calls.push(call);
    return call;
  }

  /** JavaScript runs in the middle of this call. @param generation where the event loop entered, for what serves may be another */
  enter(call: Call, generation = this.#serving): void {
    call.inside = generation;
    if (generation === undefined) this.violate('I2: Rust calls JavaScript, and no instance serves');
  }

  /** JavaScript in the middle of this call is about to throw into Rust, which doesn't catch. */
  throwInto(call: Call, value: unknown, rethrown: boolean): void {
    const { inside } = call;
    call.thrown = { value };
    if (inside === undefined || inside.state === 'lost') return;
    const same = inside.taint !== undefined && Object.is(inside.taint.value, value);
    // Further in, it went through frames of this instance and was reported; or the program throws an equal one, which nobody can tell.
    if (same && rethrown) return;
    // So is a panic that was reported when it left the frames further in: whether it taints those further out, too, is left open.
    call.failing = { class: 'foreign', message: /./, ambiguous: same || codeOf(value) === 'REVIVE_PANIC' };
  }

  /** The call has returned or thrown. */
  end(call: Call, { threw, value }: Outcome): void {
    if (this.#calls.pop() !== call) throw new Error('The driver ends another call than the last.');
    const { inside, tainted } = call;
    if (threw && tainted) {
      tainted.taint = { value };
      if (tainted.lostTo) tainted.lostTo = { value };
    }
    if (tainted && !this.#calls.some((outer) => outer.inside === tainted)) tainted.taint = undefined;
    if (inside !== undefined && !this.#calls.some((outer) => outer.inside === inside)) inside.taint = undefined;
    if (call.failing && !call.report && !call.failing.ambiguous && !this.retired) {
      this.violate(`I1: nothing was reported of a failure (${call.failing.class})`);
    }
  }

  /** Who called a function that fails, and whose end has been told to the model. */
  outcomeOfFailure(call: Call): Expected {
    const { failing, report } = call;
    if (failing === undefined) throw new Error('Asked of a call that was not to fail.');
    if (report === undefined) return REFUSED;
    switch (failing.class) {
      case 'aborted':
        return { is: 'error', code: 'REVIVE_ABORT', generation: report.generation };
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
      if (thrown && call.report && !inside.lostTo) return { is: 'one-of', of: [{ is: 'thrown', value: thrown.value }, abort] };
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

  /** `reset()` was called, and is about to make a fresh instance. */
  reset(): void {
    if (this.current) this.current.state = 'replaced';
    this.current = undefined;
    this.#restarts = 0;
    this.#givenUp = false;
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

  /** The event `retired`. */
  hasRetired(): void {
    this.retiredEvents++;
    if (!this.retired) this.violate('I2: the module says that it is retired');
  }

  /** The event `failure`. */
  failed(report: Report): void {
    this.failures++;
    void this.#serving;
    const generation = this.#generations.get(report.generation);
    const call = this.#calls.at(-1);
    const failure = call ?? this.#dueFailure(report);
    const what = `${report.failure.cause ?? report.failure.kind} in generation ${report.generation}`;
    if (!failure?.failing || generation === undefined) {
      this.violate(`I2: a failure that nobody expects is reported: ${what}`);
      return;
    }
    if (failure.report) this.violate(`I1: a failure is reported twice: ${what}`);
    failure.report = report;
    if (generation.state === 'lost') this.violate(`I3: a failure of a lost instance is reported: ${what}`);
    const { failing } = failure;
    if (!isReportOf(failing, report)) this.violate(`I1: the report says ${what}, and not ${describe(failing)}`);
    const mayBe = call ? [call.inside ?? this.current] : [generation];
    if (!mayBe.includes(generation)) this.violate(`I1: the report names generation ${report.generation}`);
    if (call) call.redacted = this.redacts;
    if (call && failing.class === 'foreign') call.tainted = generation;
    this.#decide(generation, failing, report);
  }

  #dueFailure(report: Report): DueFailure | undefined {
    const due = [...this.due].filter(({ generation, report: earlier }) => generation.number === report.generation && !earlier);
    return due.find(({ failing }) => isReportOf(failing, report)) ?? due[0];
  }

  #decide(generation: Generation, failing: Failing, report: Report): void {
    const recovery = this.#recoveryFrom(failing);
    if (recovery === 'keep') {
      if (report.recovery !== 'keep') this.violate(`I2: the report says ${report.recovery} where the instance is kept`);
      return;
    }
    const served = generation === this.current;
    generation.state = 'lost';
    // Which value that is, shows when the call ends.
    if (failing.class === 'foreign') generation.lostTo = { value: undefined };
    if (served) this.current = undefined;
    this.#wasLost ||= served;
    if (recovery === 'retire') this.#givenUp = true;
    if (served && report.recovery !== (this.retired ? 'retire' : 'fresh')) this.violate(`I2: the report says ${report.recovery}`);
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

/** Whether a caller got what it has to. */
export function isAsExpected(outcome: Outcome, expected: Expected): boolean {
  switch (expected.is) {
    case 'value':
      return !outcome.threw && Object.is(outcome.value, expected.value);
    case 'thrown':
      return outcome.threw && Object.is(outcome.value, expected.value);
    case 'ordinary-error':
      return outcome.threw && !String(codeOf(outcome.value)).startsWith('REVIVE_');
    case 'one-of':
      return expected.of.some((one) => isAsExpected(outcome, one));
    case 'error': {
      const { value } = outcome;
      if (!outcome.threw || !(value instanceof Error) || codeOf(value) !== expected.code) return false;
      if (expected.message && !expected.message.test(value.message)) return false;
      const { report } = value as { report?: Report };
      return expected.generation === undefined || report?.generation === expected.generation;
    }
  }
}

/** What is expected, in words. */
export function wordsOf(expected: Expected): string {
  switch (expected.is) {
    case 'value':
      return show(expected.value);
    case 'thrown':
      return `throws ${show(expected.value)}`;
    case 'ordinary-error':
      return 'throws an ordinary error';
    case 'one-of':
      return expected.of.map(wordsOf).join(' or ');
    case 'error':
      return `throws ${expected.code}${expected.generation === undefined ? '' : ` of generation ${expected.generation}`}`;
  }
}
