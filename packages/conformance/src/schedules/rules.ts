/** What all instances of a module share, as the plain model has it: the options in force, who may have an instance, what has been told. */
import type { Generation } from './generation.ts';
import type { Decision } from './steps.ts';

/** Who may have an instance beside the default one. */
export interface Seated {
  /** Whether it has an instance, or another is to come. */
  readonly isUsed: boolean;
  /** The same, but for one that has nothing left to do before it ends, and may have done so already. */
  readonly isSurelyUsed: boolean;
  /** Whether it had one since the event loop has turned, and may have its seat still. */
  readonly hadSeat: boolean;
}

/** See the file. */
export class Rules {
  readonly violations: string[] = [];
  foreign: 'keep' | 'recover' = 'keep';
  staleClosures: 'ignore' | 'throw' = 'ignore';
  redacts = false;
  decides: Decision = 'nothing';
  maxRestarts: number = Number.POSITIVE_INFINITY;
  consecutiveFailures: number = Number.POSITIVE_INFINITY;
  maxInstances: number = Number.POSITIVE_INFINITY;
  /** Whether the module's own exports lead to the instance of a key, which {@link routeTo} says. */
  isPooled = false;
  routeTo: unknown;
  /** How many instances share the module's own exports, whichever owes least; 1: there is no such pool. */
  most = 1;
  /** How many of them are made ahead. */
  least = 1;
  /** Where the next call would go, if it did not stay where it is. */
  elsewhere: { readonly key: unknown } | undefined;
  /** Whether keyed instances that nobody calls are evicted. */
  evictsIdle = false;
  /** Whether calls are admitted no more. */
  closing: 'draining' | 'disposed' | undefined;
  /** How many listeners are running. Events that they cause come when they have ended. */
  within = 0;
  /** Whether the pauses before restarts pass. */
  waits = false;
  /** Failures of which the event has come. */
  failures = 0;
  /** Failures in listeners, whose events have still to come. */
  untold = 0;
  readonly seats: Seated[] = [];
  /** The generation of the instance that was made last. */
  made: number | undefined;
  /** How many calls are in flight on a generation. */
  owes: (generation: Generation) => number = () => 0;
  /** Whether calls in flight on a generation are due, so that how many it owes is not known. */
  isDue: (generation: Generation) => boolean = () => false;
  /** Whether a call in flight on a generation may have settled since the event loop has turned. */
  mayHaveSettled: (generation: Generation) => boolean = () => false;
  /** Whether listeners of the schedule may still act on what comes of making an instance. */
  mayAct: () => boolean = () => false;
  /** Milliseconds, by the clock of schedules. */
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** How many of the others have an instance, or are to have one, at least. */
  seatsBeside(one: Seated): number {
    return this.seats.filter((other) => other !== one && other.isSurelyUsed).length;
  }

  /** The same at most, with those that may have their seat still. */
  mostSeatsBeside(one: Seated): number {
    return this.seats.filter((other) => other !== one && (other.isUsed || other.hadSeat)).length;
  }
}
