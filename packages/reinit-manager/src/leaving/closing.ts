import { ReviveError } from '@wasm-revive/kernel';
import { checkDrainOptions } from '../options.js';
import type { Place } from '../place/place.js';
import { DRAIN_MS, whenIdle } from './draining.js';

/** How an instance is ended that may have calls in flight. */
export interface DrainOptions {
  /**
   * How long calls in flight may take, in milliseconds; then they are rejected with `REVIVE_INSTANCE_LOST`. Default: `ReviveOptions.drainMs`.
   * `Infinity`: as long as they need.
   */
  readonly drainMs?: number | undefined;
}

/** Whether a module admits calls: see `Revive.drain` and `Revive.dispose`. */
export class Closing {
  readonly #name: string;
  readonly #places: () => readonly Place[];
  readonly #drainMs: () => number | undefined;
  /** Another object each time that calls are no longer admitted. */
  #closed: { is: 'draining' | 'disposed' } | undefined;

  /** @param drainMs the option */
  constructor(name: string, places: () => readonly Place[], drainMs: () => number | undefined) {
    this.#name = name;
    this.#places = places;
    this.#drainMs = drainMs;
  }

  /** Undefined while calls are admitted. */
  get state(): 'draining' | 'disposed' | undefined {
    return this.#closed?.is;
  }

  /** The error of a call that is not admitted. */
  refusal(): ReviveError {
    return this.state === 'disposed'
      ? new ReviveError(
          'REVIVE_DISPOSED',
          `${this.#name} was disposed of. This call did nothing. \`__revive.reset()\` starts the module again.`,
        )
      : new ReviveError(
          'REVIVE_DRAINING',
          `${this.#name} is being drained: calls in flight finish, and new ones are not admitted. This call did nothing. ` +
            '`__revive.reset()` ends that.',
          { retryable: true },
        );
  }

  /** How long calls in flight may take where the program says nothing else, in milliseconds: see `ReviveOptions.drainMs`. */
  get drainMs(): number {
    return this.#drainMs() ?? DRAIN_MS;
  }

  /** See `Revive.drain`. */
  async drain(): Promise<void> {
    this.#close();
    const instances = this.#places().flatMap(({ slot }) => slot.instances);
    await Promise.all(instances.map((instance) => new Promise<void>((resolve) => whenIdle(instance, resolve))));
  }

  /** See `Revive.dispose`. */
  async dispose(options: DrainOptions = {}): Promise<void> {
    checkDrainOptions(options);
    const { drainMs = this.drainMs } = options;
    const closed = this.#close();
    await Promise.all(this.#places().map((place) => place.leaveForGood(`${this.#name} was disposed of.`, drainMs)));
    // Where a reset came in between, nobody reads this object any more.
    closed.is = 'disposed';
  }

  #close(): { is: 'draining' | 'disposed' } {
    this.#closed ??= { is: 'draining' };
    for (const { slot } of this.#places()) slot.close();
    return this.#closed;
  }

  /** Calls are admitted again. */
  open(): void {
    this.#closed = undefined;
  }
}
