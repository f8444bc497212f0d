/** How often a module may fail before it is given up for a while: more than `maxRestarts` fresh instances in `withinMs`. */
export interface RestartIntensity {
  /** Default: no limit. */
  readonly maxRestarts?: number;
  /** In milliseconds. Default 10,000. */
  readonly withinMs?: number;
}

/** After this many instances in a row that failed to start, starting is hopeless. */
const HOPELESS_STARTS = 5;

/** The pause before the next instance, after one, two … that failed to start, while nobody calls. In milliseconds. */
const PAUSES = [0, 200, 800, 3_200];

/** Counts restarts, as OTP's supervisors do (`supervisor`, "Maximum Restart Intensity"), and starts that failed. */
export class RestartCounter {
  #maxRestarts = Number.POSITIVE_INFINITY;
  #withinMs = 10_000;
  #restarts: number[] = [];
  #failedStarts = 0;
  #givenUp = false;

  constructor(intensity: RestartIntensity) {
    this.configure(intensity);
  }

  /** Sets the limit anew, and counts from here. */
  configure({ maxRestarts = Number.POSITIVE_INFINITY, withinMs = 10_000 }: RestartIntensity): void {
    this.#maxRestarts = maxRestarts;
    this.#withinMs = withinMs;
    this.#restarts = [];
  }

  /** Forgets what was counted. */
  forgive(): void {
    this.#restarts = [];
    this.#failedStarts = 0;
    this.#givenUp = false;
  }

  started(): void {
    this.#failedStarts = 0;
  }

  startFailed(): void {
    this.#failedStarts++;
  }

  /** No more of it. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** Records that one was made anew at `now` (milliseconds). */
  restarted(now: number): void {
    if (this.#maxRestarts === Number.POSITIVE_INFINITY) return;
    this.#restarts = this.#restarts.filter((at) => now - at < this.#withinMs);
    this.#restarts.push(now);
  }

  /** Milliseconds to let pass before an instance is made that no call asks for. None where it is refused, so that this is known at once. */
  pauseMs(now: number): number {
    return this.waitMs(now) > 0 ? 0 : (PAUSES[this.#failedStarts - 1] ?? 0);
  }

  /** Milliseconds until another restart is allowed; 0 when it is, Infinity when there is no point in waiting. */
  waitMs(now: number): number {
    if (this.#givenUp || this.#failedStarts >= HOPELESS_STARTS) return Number.POSITIVE_INFINITY;
    if (this.#maxRestarts <= 0) return Number.POSITIVE_INFINITY;
    const recent = this.#restarts.filter((at) => now - at < this.#withinMs);
    // With this one gone from the window, there is room for another.
    const oldest = recent[recent.length - this.#maxRestarts];
    return oldest === undefined ? 0 : Math.max(0, oldest + this.#withinMs - now);
  }
}
