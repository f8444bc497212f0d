/**
 * Older states of an instance whose turns can be undone, for the case that in its present state no call ends well any more: the damage was done
 * by a turn that ended well.
 *
 * Going back takes two things: the image, and what JavaScript knows of the instance, which is put back turn by turn, the youngest first. So what all
 * turns since have changed is kept, up to a limit.
 *
 * An event that comes once must not be spent between the checkpoint and the return: Rust would wait for it for ever. So a checkpoint is taken only
 * while Rust waits for nothing of the kind.
 */
import type { Image } from './image.js';
import type { KeptState } from './kept-state.js';
import type { TakeBack } from './undo.js';

/** When a state is kept, and how many. */
export interface CheckpointPolicy {
  /** After so many turns that have changed something. */
  readonly turns?: number;
  /** After so many milliseconds, at the end of the next such turn. */
  readonly ms?: number;
  /** How many there are at most. */
  readonly keep?: number;
}

/** What was given up by going back to an older state. */
export interface GivenUp {
  /** How many turns that had ended well are as if they had never run. */
  readonly turns: number;
  /** How old the state is that serves now, in milliseconds. */
  readonly ageMs: number;
}

/** A turn that has ended well, with what goes back with it. */
export interface PastTurn {
  readonly turn: { isUndone: boolean } | undefined;
  readonly changes: (() => void)[];
  readonly given: TakeBack[];
}

interface Checkpoint {
  readonly image: Image;
  readonly at: number;
  /** The turns since, those that JavaScript knows something of. */
  readonly since: PastTurn[];
  turns: number;
}

/**
 * How many changes of what JavaScript knows are kept since the oldest checkpoint. With more, the oldest is given up: each may keep an object or a
 * value alive that is garbage otherwise.
 */
const MOST_CHANGES = 20_000;

/** Those of one instance. */
export class Checkpoints {
  readonly #policy: CheckpointPolicy;
  readonly #isIdle: () => boolean;
  /** Oldest first. */
  #all: Checkpoint[] = [];
  #changes = 0;
  #turnsSince = 0;
  #takenAt: number;

  /** @param isIdle whether Rust waits for no event that comes once */
  constructor(policy: CheckpointPolicy, isIdle: () => boolean) {
    this.#policy = policy;
    this.#isIdle = isIdle;
    this.#takenAt = performance.now();
  }

  /** A turn has ended well. */
  committed(kept: KeptState, turn: PastTurn | undefined): void {
    const youngest = this.#all.at(-1);
    if (youngest !== undefined) {
      youngest.turns++;
      if (turn !== undefined) this.#note(youngest, turn);
    }
    this.#turnsSince++;
    if (this.#isDue && this.#isIdle()) this.#take(kept);
  }

  #note({ since }: Checkpoint, turn: PastTurn): void {
    since.push(turn);
    this.#changes += sizeOf(turn);
    while (this.#changes > MOST_CHANGES && this.#all.length > 0) this.#dropOldest();
  }

  get #isDue(): boolean {
    const { turns = Number.POSITIVE_INFINITY, ms } = this.#policy;
    return this.#turnsSince >= turns || (ms !== undefined && performance.now() - this.#takenAt >= ms);
  }

  #take(kept: KeptState): void {
    let image: Image | undefined;
    try {
      image = kept.takeImage();
    } catch {
      // There is no memory for it.
    }
    this.#turnsSince = 0;
    this.#takenAt = performance.now();
    if (image === undefined) return;
    this.#all.push({ image, at: this.#takenAt, since: [], turns: 0 });
    if (this.#all.length > (this.#policy.keep ?? 1)) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#all.shift();
    for (const turn of oldest?.since ?? []) this.#changes -= sizeOf(turn);
  }

  /** The state that is gone back to first; undefined where there is none. */
  get youngest(): Image | undefined {
    return this.#all.at(-1)?.image;
  }

  /** What going back would give up; undefined where there is no older state. */
  get wouldGiveUp(): GivenUp | undefined {
    const youngest = this.#all.at(-1);
    return youngest && { turns: youngest.turns, ageMs: performance.now() - youngest.at };
  }

  /**
   * Goes back to the youngest of them, which is a checkpoint no more: should nothing go well in that state either, the one before follows. What the turn
   * that failed has changed was put back before. Gives what takes back what the turns since have given to the host.
   */
  goBack(kept: KeptState): TakeBack {
    const { image, since } = this.#all.pop() as Checkpoint;
    const given: TakeBack[] = [];
    for (let turn = since.pop(); turn !== undefined; turn = since.pop()) {
      this.#changes -= sizeOf(turn);
      if (turn.turn !== undefined) turn.turn.isUndone = true;
      given.push(...turn.given.reverse());
      while (turn.changes.length > 0) turn.changes.pop()?.();
    }
    kept.putImage(image);
    this.#turnsSince = 0;
    this.#takenAt = performance.now();
    return (error) => {
      for (const takeBack of given) takeBack(error);
    };
  }
}

function sizeOf({ changes, given }: PastTurn): number {
  return changes.length + given.length;
}
