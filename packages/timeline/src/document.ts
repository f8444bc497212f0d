import type { CrashReport } from '@wasm-revive/kernel';

/** The version of {@link Timeline}. */
export const TIMELINE_VERSION = 1;

/** A recorded run, as plain JSON: `JSON.stringify` and `readTimeline` keep all of it. Times are milliseconds since `startedAt`, unless said otherwise. */
export interface Timeline {
  readonly version: typeof TIMELINE_VERSION;
  /** The name of the module, as in its reports. */
  readonly module: string;
  /** When the recording began, in epoch milliseconds. */
  readonly startedAt: number;
  /** How long it went on. */
  readonly ms: number;
  /** Turns of the module's own exports are recorded from this generation on: those of an instance that was there before can't be heard. */
  readonly heardFrom: number;
  /** In the order in which they began. */
  readonly turns: readonly Turn[];
  /** In the order in which they were emitted. */
  readonly events: readonly TimelineEvent[];
  /** How many were recorded before these, and forgotten for want of room. */
  readonly leftOut: { readonly turns: number; readonly events: number };
}

/** Whose it is. */
export interface Whose {
  /** The key of a sibling, as in reports; left out for the instance that the module's own exports lead to. */
  readonly instance?: string;
}

/** One turn: what one call of the program's did in one synchronous go. */
export interface Turn extends Whose {
  readonly generation: number;
  readonly at: number;
  /** How long it took; left out while it is `open`. */
  readonly ms?: number;
  readonly entrypoint: string;
  /** `failed`: Rust panicked in it, and the instance goes on; `lost`: it cost the instance; `open`: its end was not recorded. */
  readonly outcome: 'ended' | 'failed' | 'lost' | 'open';
  /** How many calls the instance owed an answer when the turn ended. */
  readonly callsInFlight?: number;
}

/** An instance failed. */
export interface FailureEvent extends Whose {
  readonly name: 'failure';
  readonly at: number;
  readonly generation: number;
  /** With the innermost {@link MOST_FRAMES} frames of its stacks. */
  readonly report: CrashReport;
}

/** Any other event of the control handle, and `instantiated`: a WebAssembly instance was made. */
export interface OtherEvent extends Whose {
  readonly name: string;
  readonly at: number;
  readonly generation?: number;
  /** What the event says besides. */
  readonly fields: Readonly<Record<string, Json>>;
}

/** Something that happened at one moment. */
export type TimelineEvent = FailureEvent | OtherEvent;

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** How many frames of each stack a timeline keeps. */
export const MOST_FRAMES = 32;

/** Tells the events of failures from all others. */
export function isFailure(event: TimelineEvent): event is FailureEvent {
  return event.name === 'failure' && 'report' in event;
}
