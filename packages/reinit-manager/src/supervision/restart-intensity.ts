/** How often a module may be made anew, whatever it has served in between: no more than `maxRestarts` times in `withinMs`. */
export interface RestartIntensity {
  /** Default: no limit. */
  readonly maxRestarts?: number;
  /** In milliseconds. Default 10,000. */
  readonly withinMs?: number;
}

/** How many restarts may be forgotten in place before the list is made anew without them. */
const MOST_FORGOTTEN = 64;

/** Counts restarts, as OTP's supervisors do (`supervisor`, "Maximum Restart Intensity"). */
export class RestartCounter {
  #maxRestarts = Number.POSITIVE_INFINITY;
  #withinMs = 10_000;
  /** When they were, oldest first. A failure may cost no more for a limit that is high, so that nothing goes through all of them. */
  #restarts: number[] = [];
  /** How many of the oldest count no more. */
  #forgotten = 0;

  constructor(intensity: RestartIntensity) {
    this.configure(intensity);
  }

  /** Sets the limit anew, and counts from here. */
  configure({ maxRestarts = Number.POSITIVE_INFINITY, withinMs = 10_000 }: RestartIntensity): void {
    this.#maxRestarts = maxRestarts;
    this.#withinMs = withinMs;
    this.forgive();
  }

  /** Records that one was made anew at `now` (milliseconds). */
  restarted(now: number): void {
    if (this.#maxRestarts === Number.POSITIVE_INFINITY) return;
    const restarts = this.#restarts;
    restarts.push(now);
    const { length } = restarts;
    while (this.#forgotten < length && (length - this.#forgotten > this.#maxRestarts || now - this.#oldest >= this.#withinMs)) {
      this.#forgotten++;
    }
    if (this.#forgotten < MOST_FORGOTTEN || 2 * this.#forgotten < restarts.length) return;
    this.#restarts = restarts.slice(this.#forgotten);
    this.#forgotten = 0;
  }

  get #oldest(): number {
    return this.#restarts[this.#forgotten] as number;
  }

  /** Forgets what was counted. */
  forgive(): void {
    this.#restarts = [];
    this.#forgotten = 0;
  }

  /** Milliseconds until another restart is allowed; 0 when it is, Infinity when there is no point in waiting. */
  waitMs(now: number): number {
    if (this.#maxRestarts === Number.POSITIVE_INFINITY) return 0;
    if (this.#maxRestarts <= 0) return Number.POSITIVE_INFINITY;
    // With this one gone from the window, there is room for another.
    const oldest = this.#restarts[this.#restarts.length - this.#maxRestarts];
    return oldest === undefined ? 0 : Math.max(0, oldest + this.#withinMs - now);
  }
}
