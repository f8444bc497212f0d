/**
 * The plain model of the circuit breaker of one place, by what the README of the reinit-manager says. It knows no more than what a program may see,
 * so that it keeps all that may be: whether a call has ended well before another one failed, only events may say. What is observed leaves those
 * with which it agrees.
 */
import { CHANCE } from './clock.ts';

/** The options in force. */
export interface BreakerRules {
  readonly consecutiveFailures: number;
  readonly maxRestarts: number;
  /** Milliseconds, by the clock of schedules. */
  now(): number;
}

/** The first pause, and the longest, in milliseconds. With {@link CHANCE}, none ends within ten seconds of where an idle time does. */
export const BACKOFF_MS = 20_000;
export const MAX_BACKOFF_MS = 80_000;
/** The window of restarts, in milliseconds. */
export const WITHIN_MS = 100_000;

/** The events of the breaker. */
export type NewsName = 'opened' | 'probing' | 'closed' | 'retired';

/** What such an event says. */
export interface NewsEvent {
  readonly attempt?: number;
  readonly retryAfter?: number;
}

interface News extends NewsEvent {
  readonly is: NewsName;
}

/** What may be. */
interface State {
  readonly is: 'closed' | 'open' | 'half-open';
  /** In a row; a start that failed counts twice. */
  readonly failures: number;
  readonly failedStarts: number;
  /** How often it has opened since it was closed for long. */
  readonly attempt: number;
  readonly closedAt: number;
  readonly openUntil: number;
  readonly givenUp: boolean;
  readonly restarts: readonly number[];
  /** Events that have still to come. */
  readonly news: readonly News[];
}

/** See the file. */
export class BreakerModel {
  readonly #rules: BreakerRules;
  #states: readonly State[];

  constructor(rules: BreakerRules) {
    this.#rules = rules;
    const start: State = {
      is: 'closed',
      failures: 0,
      failedStarts: 0,
      attempt: 0,
      closedAt: 0,
      openUntil: 0,
      givenUp: false,
      restarts: [],
      news: [],
    };
    this.#states = [start];
  }

  /** Whether calls are refused. */
  get refuses(): 'yes' | 'no' | 'maybe' {
    return all(this.#states.map((state) => this.#waitMs(state) > 0));
  }

  /** Whether it is open: then nobody makes an instance but a call, once the pause has passed. */
  get isOpen(): 'yes' | 'no' | 'maybe' {
    return all(this.#states.map(({ is }) => is === 'open'));
  }

  /** The state of a module of which no instance serves. */
  get words(): readonly string[] {
    return this.#states.map((state) => {
      const wait = this.#waitMs(state);
      return wait === Number.POSITIVE_INFINITY ? 'retired' : wait > 0 ? 'open' : 'recovering';
    });
  }

  /** Whether the next instance is made after a pause, unless a call asks for it. */
  get pauses(): boolean {
    return this.#states.some(({ failedStarts }) => failedStarts > 1);
  }

  /** Options of it were set: restarts are counted anew. */
  configured(): void {
    this.#become((state) => [{ ...state, restarts: [] }]);
  }

  /** An instance did what was asked of it. @param isSure whether that was surely noticed */
  succeeded(isSure = true): void {
    this.#become((state) => (isSure ? [this.#succeeds(state)] : [state, this.#succeeds(state)]));
  }

  /**
   * The instance that serves has failed.
   * @param isUnused nothing was asked of it
   * @param served whether a call of it had gone well
   * @param givesUp whether a plugin has said that it is not to be made anew
   */
  failed(isUnused: boolean, served: 'yes' | 'no' | 'maybe', givesUp: boolean): void {
    this.#become((before) => {
      const state = givesUp ? this.#opens({ ...before, givenUp: true }) : before;
      const fail = (one: State): State => this.#fails(one, isUnused);
      if (served === 'maybe') return [fail(state), fail(this.#succeeds(state))];
      return [fail(served === 'yes' ? this.#succeeds(state) : state)];
    });
  }

  /** An instance was made in place of another. @param isRestart because that was lost */
  made(isRestart: boolean): void {
    const { maxRestarts } = this.#rules;
    this.#become((one) => {
      const state: State =
        one.is === 'open' ? { ...one, is: 'half-open', news: [...one.news, { is: 'probing', attempt: one.attempt }] } : one;
      return [isRestart && maxRestarts < Number.POSITIVE_INFINITY ? { ...state, restarts: [...state.restarts, this.#rules.now()] } : state];
    });
  }

  /** All is forgotten: the module was reset, or the key evicted. */
  forgive(): void {
    this.#become((state) => [
      this.#closes({ ...state, failures: 0, failedStarts: 0, attempt: 0, givenUp: false, restarts: [], openUntil: 0 }),
    ]);
  }

  /** An instance was made, or a call served. Says whether that may be. */
  sawService(): boolean {
    return this.#observe((state) => this.#waitMs(state) === 0);
  }

  /** A call was refused. Says whether that may be. @param retryAfter what the error says */
  sawRefusal(retryAfter: number | undefined): boolean {
    return this.#observe((state) => {
      const wait = this.#waitMs(state);
      return wait > 0 && (retryAfter ?? Number.POSITIVE_INFINITY) === wait;
    });
  }

  /** A report has said whether another instance is made. Says whether that may be. */
  sawReport(isMadeAnew: boolean): boolean {
    return this.#observe((state) => (this.#waitMs(state) === 0) === isMadeAnew);
  }

  /**
   * An event came. Says whether that may be.
   * @param mayHaveServed whether a call of the instance that serves may have gone well
   */
  saw(is: NewsName, { attempt, retryAfter }: NewsEvent, mayHaveServed: boolean): boolean {
    const next = this.#states.flatMap((state): State[] => {
      const [first, ...news] = state.news;
      if (first !== undefined) {
        const same = first.is === is && first.attempt === attempt && first.retryAfter === retryAfter;
        return same ? [{ ...state, news, closedAt: is === 'closed' ? this.#rules.now() : state.closedAt }] : [];
      }
      if (is === 'probing' && state.is === 'open' && this.#waitMs(state) === 0 && attempt === state.attempt)
        return [{ ...state, is: 'half-open' }];
      if (is === 'closed' && state.is === 'half-open' && mayHaveServed) return [{ ...this.#succeeds(state), news: [] }];
      return [];
    });
    if (next.length > 0) this.#states = next;
    return next.length > 0;
  }

  /** Whether all events have come that had to. */
  isTold(): boolean {
    return this.#observe(({ news }) => news.length === 0);
  }

  /** What may be, for messages. */
  describe(): string {
    return this.#states.map((state) => JSON.stringify({ ...state, retryAfter: this.#waitMs(state) })).join(' or ');
  }

  #become(next: (state: State) => readonly State[]): void {
    const known = new Map(this.#states.flatMap(next).map((state) => [JSON.stringify(state), state]));
    this.#states = [...known.values()];
  }

  #observe(agrees: (state: State) => boolean): boolean {
    const next = this.#states.filter(agrees);
    if (next.length > 0) this.#states = next;
    return next.length > 0;
  }

  #fails(state: State, isUnused: boolean): State {
    const failed = {
      ...state,
      failures: state.failures + (isUnused ? 2 : 1),
      failedStarts: isUnused ? state.failedStarts + 1 : 0,
    };
    if (state.is === 'open') return failed;
    const isTooMuch = state.is === 'half-open' || failed.failures >= this.#rules.consecutiveFailures || this.#restartMs(failed) > 0;
    return isTooMuch ? this.#opens(failed) : failed;
  }

  #opens(state: State): State {
    const now = this.#rules.now();
    if (state.givenUp) return { ...state, is: 'open', news: [...state.news, { is: 'retired' }] };
    const wasClosedForLong = state.is === 'closed' && now - state.closedAt > MAX_BACKOFF_MS;
    const attempt = (wasClosedForLong ? 0 : state.attempt) + 1;
    const longest = Math.min(BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
    const open: State = { ...state, is: 'open', attempt, openUntil: now + (longest * (1 + CHANCE)) / 2 };
    const retryAfter = this.#waitMs(open);
    const news: News = retryAfter === Number.POSITIVE_INFINITY ? { is: 'retired' } : { is: 'opened', attempt, retryAfter };
    return { ...open, news: [...open.news, news] };
  }

  #succeeds(state: State): State {
    const well = { ...state, failures: 0, failedStarts: 0 };
    return state.is === 'half-open' ? this.#closes(well) : well;
  }

  #closes(state: State): State {
    return state.is === 'closed' ? state : { ...state, is: 'closed', closedAt: this.#rules.now(), news: [...state.news, { is: 'closed' }] };
  }

  /** Milliseconds for which calls are refused. */
  #waitMs(state: State): number {
    if (state.is !== 'open') return 0;
    if (state.givenUp) return Number.POSITIVE_INFINITY;
    return Math.max(0, state.openUntil - this.#rules.now(), this.#restartMs(state));
  }

  /** Milliseconds until another restart is allowed. */
  #restartMs({ restarts }: State): number {
    const { maxRestarts } = this.#rules;
    if (maxRestarts === 0) return Number.POSITIVE_INFINITY;
    const now = this.#rules.now();
    const recent = restarts.filter((at) => now - at < WITHIN_MS);
    // Once so many have left the window that there is room for another.
    const leaves = recent[recent.length - maxRestarts];
    return leaves === undefined ? 0 : leaves + WITHIN_MS - now;
  }
}

function all(answers: readonly boolean[]): 'yes' | 'no' | 'maybe' {
  if (answers.every((answer) => answer)) return 'yes';
  return answers.some((answer) => answer) ? 'maybe' : 'no';
}
