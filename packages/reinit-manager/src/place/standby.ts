import { type Instance, isReviveError, ReviveError } from '@wasm-revive/kernel';

/** Instances that are made ahead, off any call's path. */
export interface StandbyOptions {
  /** How many. They are there from the first instance on. */
  readonly count: number;
  /** What their memories may take together, in bytes. Default: no limit. */
  readonly maxBytes?: number;
  /**
   * Whether their start functions may run ahead of need, while another instance serves. One that fails is thrown away, and is a failed start.
   * One that uses what the program persists is thrown away, too, and those that follow are not started ahead. Default false.
   */
  readonly started?: boolean;
}

/** What is made ahead where the program hasn't said: one from the first failure on, in so little memory. A Worker has 128 MiB for everything. */
const MAX_BYTES = 16 * 2 ** 20;

/** The same where no call can make an instance: only pages of browsers are like that, and they have more memory. */
const ASYNC_MAX_BYTES = 128 * 2 ** 20;

/** What was decided of {@link StandbyOptions}. */
export interface StandbyPolicy extends Required<StandbyOptions> {
  /** Not before an instance has failed. */
  readonly isAfterFailure: boolean;
}

/** @param asynchronous whether the engine makes instances only asynchronously */
export function standbyPolicy(standby: number | StandbyOptions | undefined, asynchronous: boolean): StandbyPolicy {
  if (standby === undefined)
    return { count: 1, maxBytes: asynchronous ? ASYNC_MAX_BYTES : MAX_BYTES, started: false, isAfterFailure: true };
  const { count, maxBytes = Number.POSITIVE_INFINITY, started = false } = typeof standby === 'number' ? { count: standby } : standby;
  return { count, maxBytes, started, isAfterFailure: false };
}

/** What a start function threw on purpose, or let through. */
export interface Thrown {
  readonly error?: unknown;
}

/** An instance that was made ahead. */
export interface Spare {
  readonly instance: Instance;
  /** Undefined where its start function has not run. */
  started?: Thrown;
}

/** Starts it ahead of need. False: it has failed. */
export function startAhead(spare: Spare): boolean {
  const { instance } = spare;
  try {
    instance.start();
    spare.started = {};
  } catch (error) {
    spare.started = { error };
    // A panic has left it half started, and well.
    return instance.isWell() && !isReviveError(error);
  }
  return instance.isWell();
}

/** Lets go of one that is not needed. */
export function dropSpare({ instance, started }: Spare): void {
  if (started === undefined) instance.forget();
  else instance.retire(new ReviveError('REVIVE_INSTANCE_LOST', 'The instance was made ahead, and is not needed any more.'));
}

/** The instances that were made ahead, oldest first. */
export class Reserve {
  readonly #isSpoilt: (instance: Instance) => boolean;
  #spares: Spare[] = [];

  /** @param isSpoilt whether an instance must not serve any more */
  constructor(isSpoilt: (instance: Instance) => boolean) {
    this.#isSpoilt = isSpoilt;
  }

  /** The next one. An instance that is older than the one that served last can't serve: nobody would know its handles as stale. */
  take(generation: number): Spare | undefined {
    for (let spare = this.#spares.shift(); spare !== undefined; spare = this.#spares.shift()) {
      const { instance } = spare;
      if (instance.generation > generation && instance.isWell() && !this.#isSpoilt(instance)) return spare;
      dropSpare(spare);
    }
    return undefined;
  }

  /** One whose start function has not run. */
  get unstarted(): Spare | undefined {
    return this.#spares.find(({ started }) => started === undefined);
  }

  add(spare: Spare): void {
    this.#spares.push(spare);
    this.#spares.sort((a, b) => a.instance.generation - b.instance.generation);
  }

  /** What they take, in bytes. */
  get bytes(): number {
    return this.#spares.reduce((sum, { instance }) => sum + instance.memoryBytes, 0);
  }

  /** Whether there may be one more. @param bytes what it is likely to take */
  hasRoom({ count, maxBytes }: StandbyPolicy, bytes: number): boolean {
    return this.#spares.length < count && this.bytes + bytes <= maxBytes;
  }

  /** Lets go of one. */
  remove(spare: Spare): void {
    this.#spares = this.#spares.filter((one) => one !== spare);
    dropSpare(spare);
  }

  /** Lets go of all. */
  clear(): void {
    for (const spare of this.#spares) dropSpare(spare);
    this.#spares = [];
  }
}
