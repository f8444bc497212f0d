/** How often a module may be made anew, whatever it has served in between: no more than `maxRestarts` times in `withinMs`. */
export interface RestartIntensity {
  /** Default: no limit. */
  readonly maxRestarts?: number;
  /** In milliseconds. Default 10,000. */
  readonly withinMs?: number;
}

/** Counts restarts, as OTP's supervisors do (`supervisor`, "Maximum Restart Intensity"). */
export class RestartCounter {
  #maxRestarts = Number.POSITIVE_INFINITY;
  #withinMs = 10_000;
  #restarts: number[] = [];

  constructor(intensity: RestartIntensity) {
    this.configure(intensity);
  }

  /** Sets the limit anew, and counts from here. */
  configure({ maxRestarts = Number.POSITIVE_INFINITY, withinMs = 10_000 }: RestartIntensity): void {
    this.#maxRestarts = maxRestarts;
    this.#withinMs = withinMs;
    this.#restarts = [];
  }

  /** Records that one was made anew at `now` (milliseconds). */
  restarted(now: number): void {
    if (this.#maxRestarts === Number.POSITIVE_INFINITY) return;
    this.#restarts = this.#restarts.filter((at) => now - at < this.#withinMs);
    this.#restarts.push(now);
  }

  /** Forgets what was counted. */
  forgive(): void {
    this.#restarts = [];
  }

  /** Milliseconds until another restart is allowed; 0 when it is, Infinity when there is no point in waiting. */
  waitMs(now: number): number {
    if (this.#maxRestarts === Number.POSITIVE_INFINITY) return 0;
    if (this.#maxRestarts <= 0) return Number.POSITIVE_INFINITY;
    const recent = this.#restarts.filter((at) => now - at < this.#withinMs);
    // With this one gone from the window, there is room for another.
    const oldest = recent[recent.length - this.#maxRestarts];
    return oldest === undefined ? 0 : Math.max(0, oldest + this.#withinMs - now);
  }
}
