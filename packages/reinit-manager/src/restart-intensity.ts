/** How often a module may fail before it is given up for a while: more than `maxRestarts` fresh instances in `withinMs`. */
export interface RestartIntensity {
  /** Default: no limit. */
  readonly maxRestarts?: number;
  /** In milliseconds. Default 10,000. */
  readonly withinMs?: number;
}

/** After this many instances in a row that failed while they started, starting is hopeless. */
const HOPELESS_STARTS = 3;

/** Counts restarts, as OTP's supervisors do (`supervisor`, "Maximum Restart Intensity"). */
export class RestartCounter {
  readonly #maxRestarts: number;
  readonly #withinMs: number;
  #restarts: number[] = [];
  #failedStarts = 0;
  #givenUp = false;

  constructor(intensity: RestartIntensity) {
    this.#maxRestarts = intensity.maxRestarts ?? Number.POSITIVE_INFINITY;
    this.#withinMs = intensity.withinMs ?? 10_000;
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
