import type { Instance, Module, ReviveError } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';
import type { Closing } from '../leaving/closing.js';
import type { Supervisor } from '../supervision/supervisor.js';
import type { StandbyPolicy, Thrown } from './standby.js';

/** What a slot needs of the module around it. */
export interface Surroundings {
  readonly module: Module;
  readonly supervisor: Supervisor;
  readonly closing: Pick<Closing, 'state' | 'refusal' | 'drainMs'>;
  readonly clock: Clock;
  /** How many instances are made ahead. */
  standby(asynchronous: boolean): StandbyPolicy;
  /** Tells generated code where calls go: see `ModuleDescription.onCurrent`. */
  sendTo(instance: Instance | undefined): void;
  /** Makes the glue scope of a generation, which waits for its instance. */
  scope(generation: number): Instance;
  /** Refuses a module whose crates don't match. Throws `REVIVE_VERSION_MISMATCH`. */
  check(compiled: WebAssembly.Module): void;
  /** Whether listeners are being called. */
  isEmitting(): boolean;
  /** Has the program give the first instance, where it has only announced one. False: there is nothing to wait for. */
  claim(): boolean;
  /** Whether the first instance may be made here. */
  isReady(): boolean;
  /** The error of a call that comes before there has been an instance. */
  notReady(): ReviveError;
  /** An instance is about to serve, and to be started; or that is done. */
  serves(instance: Instance, isStarted: boolean): void;
  /** The program has called the instance, from outside of listeners and of its start function. Says whether each further call is to be known. */
  called(instance: Instance): boolean;
  /** Whether an instance that was made ahead has used state there that may have changed since. */
  isSpoilt(instance: Instance): boolean;
  /** An instance that was replaced has finished what was in flight on it, or lost it. */
  drained(instance: Instance, callsLost: number): void;
  /** A fresh instance serves. @param thrown what its start function threw on purpose, or let through */
  recovered(instance: Instance, ms: number, thrown: Thrown): void;
}

/** What a slot has brought about. */
export interface Brought {
  readonly instance: Instance;
  readonly thrown: Thrown;
}
