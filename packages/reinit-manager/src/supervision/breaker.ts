import type { Clock } from '../clock.js';
import { RestartCounter, type RestartIntensity } from './restart-intensity.js';

/** When something that fails is made anew no more, and for how long. */
export interface BreakerOptions extends RestartIntensity {
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
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * A circuit breaker: after too many failures in a row it opens for a pause that grows, with jitter, then lets one attempt through, whose success
 * closes it. It knows nothing of what fails.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #restarts: RestartCounter;
  #limit = 0;
  #backoffMs = 0;
  #maxBackoffMs = 0;
  #state: BreakerState = 'closed';
  /** How often in a row it failed, where a failure before anything was asked of it counts twice. */
  #failures = 0;
  /** How often in a row it last failed before anything was asked of it. */
  #unused = 0;
  /** How often it has opened since it was closed for long. */
  #attempt = 0;
  #closedAt = 0;
  #openUntil = 0;
  #givenUp = false;

  /** @param changed called when the state has changed, or is to last for ever; must not throw */
  constructor(options: BreakerOptions, clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
    this.#restarts = new RestartCounter(options);
    this.configure(options);
  }

  /** Changes the options. Restarts are counted from here. */
  configure(options: BreakerOptions): void {
    const { consecutiveFailures = 10, backoffMs = 200, maxBackoffMs = 10_000 } = options;
    this.#limit = consecutiveFailures;
    this.#backoffMs = backoffMs;
    this.#maxBackoffMs = maxBackoffMs;
    this.#restarts.configure(options);
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** How often it has opened: the first time is 1. Counted anew when it was closed for longer than the longest pause. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Milliseconds until another may be made: 0 when it is not open, or may be tried now; Infinity when never, until {@link forgive}. */
  get retryAfter(): number {
    if (this.#state !== 'open') return 0;
    return this.#givenUp ? Number.POSITIVE_INFINITY : Math.max(this.#restartMs, this.#openUntil - this.#clock.now(), 0);
  }

  /** Milliseconds until the limit of restarts allows another. */
  get #restartMs(): number {
    return this.#restarts.waitMs(this.#clock.now());
  }

  /** Milliseconds to let pass before one is made that nobody asks for. None where that is refused, so that it is known at once. */
  get pauseMs(): number {
    // The first follows at once.
    return this.retryAfter === 0 ? this.#pause(2 * this.#unused - 3) : 0;
  }

  /** Asks for leave to make another. Gives how long to wait, as {@link retryAfter} does; 0: it is to be made now. */
  admit(): number {
    if (this.#state !== 'open') {
      if (this.#restartMs > 0) this.#open();
    } else if (this.retryAfter === 0) this.#become('half-open');
    return this.retryAfter;
  }

  /** Another was made. */
  restarted(): void {
    this.#restarts.restarted(this.#clock.now());
  }

  /** One failed. @param isUnused nothing had been asked of it, so that no request can be the reason */
  failed(isUnused = false): void {
    this.#failures += isUnused ? 2 : 1;
    this.#unused = isUnused ? this.#unused + 1 : 0;
    if (this.#state === 'open') return;
    if (this.#state === 'half-open' || this.#failures >= this.#limit || this.#restartMs > 0) this.#open();
  }

  /** It did what was asked. */
  succeeded(): void {
    this.#failures = this.#unused = 0;
    if (this.#state === 'half-open') this.#close();
  }

  /** No more of it, until {@link forgive}. */
  giveUp(): void {
    if (this.retryAfter === Number.POSITIVE_INFINITY) return;
    this.#givenUp = true;
    this.#become('open');
  }

  /** Forgets all failures. */
  forgive(): void {
    this.#givenUp = false;
    this.#failures = this.#unused = this.#attempt = 0;
    this.#restarts.forgive();
    if (this.#state !== 'closed') this.#close();
  }

  #open(): void {
    const now = this.#clock.now();
    if (this.#state === 'closed' && now - this.#closedAt > this.#maxBackoffMs) this.#attempt = 0;
    this.#openUntil = now + this.#pause(++this.#attempt);
    this.#become('open');
  }

  #close(): void {
    this.#closedAt = this.#clock.now();
    this.#become('closed');
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#changed();
  }

  /** The nth pause. Half of it is chance, so that what failed together does not try again together. */
  #pause(n: number): number {
    if (n < 1) return 0;
    const longest = Math.min(this.#backoffMs * 2 ** (n - 1), this.#maxBackoffMs);
    return (longest * (1 + this.#clock.random())) / 2;
  }
}
