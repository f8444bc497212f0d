import {
  type CrashReport,
  type FailureRecord,
  type InstanceView,
  type PanicInfo,
  type Plugin,
  type Redact,
  safely,
} from '@wasm-revive/kernel';
import type { Revive } from '@wasm-revive/reinit-manager';
import { type Json, MOST_FRAMES, TIMELINE_VERSION, type Timeline, type TimelineEvent, type Turn } from './document.js';
import { plainFields } from './plain.js';
import { Ring } from './ring.js';

/** What is asked of a control handle, `__revive`. */
export type RecordedModule = Pick<Revive, 'module' | 'generation' | 'events' | 'on' | 'use'>;

/** Options of {@link recordTimeline}. */
export interface RecordOptions {
  /** How many turns are kept, the last ones. Default 5,000. 0: turns are not heard at all, and cost nothing. */
  readonly maxTurns?: number;
  /** How many events are kept, the last ones. Default 1,000. A failure takes some kilobytes, all others little. */
  readonly maxEvents?: number;
  /**
   * Takes out of a text what must not get into the timeline. What is in reports has passed the module's own `redact`; this is for messages of
   * errors of the program's own.
   */
  readonly redact?: Redact;
  /** Milliseconds that never go back. Default: `performance.now`. */
  readonly now?: () => number;
  /** Epoch milliseconds. Default: `Date.now`. */
  readonly epoch?: () => number;
}

/** A run that is being recorded. */
export interface Recording {
  /** What was recorded so far. */
  timeline(): Timeline;
  /** Ends the recording, and gives it. The second time, it gives the same again. */
  stop(): Timeline;
}

/** Within a turn of one instance there may be turns of others: in so many of the last ones, the turn of a failure is looked for. */
const DEEPEST_NESTING = 100;

/** A turn as it is recorded. */
type Open = { -readonly [Member in keyof Turn]: Turn[Member] };

/**
 * Records what happens to a module: each event of its control handle, and each turn of the instances that are made from now on.
 * While a recording goes on, each turn costs the calls of two plugins' hooks and one small object; afterwards, nothing in new instances.
 *
 * Note: in Cloudflare Workers time stands still while code runs, so that turns there take no time.
 */
export function recordTimeline(revive: RecordedModule, options: RecordOptions = {}): Recording {
  const { maxTurns = 5_000, maxEvents = 1_000, now = () => performance.now(), epoch = () => Date.now() } = options;
  const redact = safely(options.redact);
  const turns = new Ring<Open>(room('maxTurns', maxTurns));
  // As text: what is kept of an event holds nothing of the program's.
  const events = new Ring<string>(room('maxEvents', maxEvents));
  const heardFrom = revive.generation + 1;
  const startedAt = epoch();
  const began = now();
  const at = (): number => round(now() - began);
  // By instance, which it must not keep.
  const open = new WeakMap<InstanceView, Open>();
  let stopped: Timeline | undefined;

  const add = (event: TimelineEvent): void => events.push(JSON.stringify(event));
  const end = (view: InstanceView, outcome: Turn['outcome']): Open | undefined => {
    const turn = open.get(view);
    if (turn === undefined) return undefined;
    open.delete(view);
    turn.ms = round(at() - turn.at);
    if (turn.outcome === 'open' || outcome === 'lost') turn.outcome = outcome;
    return turn;
  };
  const hearing: Plugin = {
    name: 'timeline',
    instantiated(view) {
      if (stopped === undefined) add({ name: 'instantiated', at: at(), ...whose(view), fields: { memoryBytes: view.memoryBytes } });
    },
    ...(maxTurns > 0 && {
      entered(view, entrypoint) {
        if (stopped !== undefined) return;
        const turn: Open = { ...whose(view), at: at(), entrypoint, outcome: 'open' };
        open.set(view, turn);
        turns.push(turn);
      },
      committed(view) {
        const turn = end(view, 'ended');
        if (turn !== undefined) turn.callsInFlight = view.callsInFlight;
      },
    }),
    lost: (view) => void end(view, 'lost'),
  };
  const heard = (name: string, event: unknown): void => {
    if (name !== 'failure') {
      add(otherEvent(name, at(), plainFields(event, redact)));
      return;
    }
    const report = event as CrashReport;
    const { instance, generation } = report;
    const turn = turns.findLast((one) => one.instance === instance && one.generation === generation, DEEPEST_NESTING);
    if (turn?.outcome === 'open') turn.outcome = 'failed';
    add({ name, at: at(), ...(instance !== undefined && { instance }), generation, report: withFewerFrames(report) });
  };
  const stops = [revive.use(hearing), ...revive.events.map((name) => revive.on(name, (event) => heard(name, event)))];
  const timeline = (): Timeline => ({
    version: TIMELINE_VERSION,
    module: revive.module,
    startedAt,
    ms: at(),
    heardFrom,
    turns: turns.toArray().map((turn) => ({ ...turn })),
    events: events.toArray().map((text) => JSON.parse(text) as TimelineEvent),
    leftOut: { turns: turns.leftOut, events: events.leftOut },
  });
  return {
    timeline: () => stopped ?? timeline(),
    stop() {
      for (const stop of stops.splice(0)) stop();
      stopped ??= timeline();
      return stopped;
    },
  };
}

/** The keys of the instances that were heard of: to read one takes the program's `redact`. */
const KEYS = new WeakMap<InstanceView, { readonly instance?: string; readonly generation: number }>();

function whose(view: InstanceView): { readonly instance?: string; readonly generation: number } {
  let found = KEYS.get(view);
  if (found === undefined) {
    const { key, generation } = view;
    found = { ...(key !== undefined && { instance: key }), generation };
    KEYS.set(view, found);
  }
  return found;
}

function otherEvent(name: string, at: number, { instance, generation, ...fields }: Record<string, Json>): TimelineEvent {
  return {
    name,
    at,
    ...(typeof instance === 'string' && { instance }),
    ...(typeof generation === 'number' && { generation }),
    fields,
  };
}

function withFewerFrames(report: CrashReport): CrashReport {
  const { failure } = report;
  const fewer = <T extends PanicInfo | Extract<FailureRecord, { kind: 'aborted' }>>(of: T): T => ({
    ...of,
    frames: of.frames.slice(0, MOST_FRAMES),
  });
  const panic = failure.panic && { panic: fewer(failure.panic) };
  return { ...report, failure: (failure.kind === 'aborted' ? { ...fewer(failure), ...panic } : { ...failure, ...panic }) as FailureRecord };
}

/** To whole microseconds: browsers give no more. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function room(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`wasm-revive: ${name} has to be a whole number from 0, not ${String(value)}.`);
}
