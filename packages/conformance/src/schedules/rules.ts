/** What all instances of a module share, as the plain model has it: the options in force, who may have an instance, what has been told. */
import type { Decision } from './steps.ts';

/** Who may have an instance beside the default one. */
export interface Seated {
  /** Whether it has an instance, or another is to come. */
  readonly isUsed: boolean;
}

/** See the file. */
export class Rules {
  readonly violations: string[] = [];
  foreign: 'keep' | 'recover' = 'keep';
  staleClosures: 'ignore' | 'throw' = 'ignore';
  redacts = false;
  decides: Decision = 'nothing';
  maxRestarts: number = Number.POSITIVE_INFINITY;
  maxInstances: number = Number.POSITIVE_INFINITY;
  /** Whether keyed instances that nobody calls are evicted. */
  evictsIdle = false;
  /** How many listeners are running. Events that they cause come when they have ended. */
  within = 0;
  /** Whether the pauses before restarts pass. */
  waits = false;
  /** Failures of which the event has come. */
  failures = 0;
  /** Failures in listeners, whose events have still to come. */
  untold = 0;
  readonly seats: Seated[] = [];

  /** How many of the others have an instance, or are to have one. */
  seatsBeside(one: Seated): number {
    return this.seats.filter((other) => other !== one && other.isUsed).length;
  }
}
