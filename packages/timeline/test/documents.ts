/** Timelines that are the same each time. */
import type { CrashReport } from '@wasm-revive/kernel';
import type { Timeline, TimelineEvent, Turn } from '../src/index.js';

export const HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\u001b[31m\u202e&\'"\u0000';

export function failure(
  at: number,
  of: { instance?: string; generation: number; message?: string; recovery?: CrashReport['recovery'] },
): TimelineEvent {
  const { instance, generation, message = 'the message', recovery = 'fresh' } = of;
  const panic = { message, location: { file: 'src/lib.rs', line: 12, column: 5 }, frames: [] };
  const whose = { ...(instance !== undefined && { instance }), generation };
  return {
    name: 'failure',
    at,
    ...whose,
    report: {
      version: 1,
      failure:
        recovery === 'keep'
          ? { kind: 'unwound', panic }
          : {
              kind: 'aborted',
              cause: 'panic-abort',
              panic,
              trap: { name: 'RuntimeError', message: 'unreachable' },
              frames: [{ function: 'render', index: 7, offset: 291 }],
            },
      fingerprint: '0123456789abcdef',
      entrypoint: 'render',
      module: 'app',
      ...whose,
      memoryBytes: 2 ** 21,
      uptimeMs: at,
      callsLost: recovery === 'keep' ? 0 : 2,
      recovery,
      at: 1_700_000_000_000,
    },
  };
}

export function turn(at: number, ms: number, entrypoint: string, more: Partial<Turn> = {}): Turn {
  return { generation: 1, at, ms, entrypoint, outcome: 'ended', callsInFlight: 0, ...more };
}

/** A panic that was kept, an abort, a sibling, and an event that this version doesn't know. */
export const RUN: Timeline = {
  version: 1,
  module: 'app',
  startedAt: 1_700_000_000_000,
  ms: 100,
  heardFrom: 1,
  turns: [
    turn(1, 4, 'render'),
    turn(6, 2, 'render', { callsInFlight: 2 }),
    turn(10, 8, 'parse', { outcome: 'failed', callsInFlight: 2 }),
    turn(20, 1, 'add', { instance: 'room-7' }),
    turn(30, 20, 'render', { outcome: 'lost' }),
    turn(35, 5, 'add', { instance: 'room-7' }),
    turn(60, 2, 'render', { generation: 2 }),
    turn(63, 2, 'render', { generation: 2 }),
  ],
  events: [
    { name: 'instantiated', at: 0.5, generation: 1, fields: { memoryBytes: 1_114_112 } },
    failure(15, { generation: 1, recovery: 'keep' }),
    failure(50, { generation: 1 }),
    { name: 'recovered', at: 52, generation: 2, fields: { ms: 2 } },
    { name: 'polished', at: 70, generation: 2, fields: { reason: 'memory', memoryBytes: 3, nested: { deep: [1, null] } } },
    { name: 'stale', at: 80, generation: 1, fields: { entrypoint: 'Counter.inc' } },
    { name: 'retired', at: 90, fields: { code: 'REVIVE_CRASH_LOOP', message: 'app failed too often.' } },
  ],
  leftOut: { turns: 0, events: 3 },
};

const REFUSED = { name: 'ReviveError', message: 'app failed too often.' };

/** What comes with supervision, retries, recycling, drains and persisted state. */
export const SUPERVISED: Timeline = {
  version: 1,
  module: 'app',
  startedAt: 1_700_000_000_000,
  ms: 100,
  heardFrom: 1,
  turns: [turn(1, 4, 'render', { callsInFlight: 1 })],
  events: [
    { name: 'instantiated', at: 0.5, generation: 1, fields: { memoryBytes: 1_114_112 } },
    { name: 'restored', at: 2, generation: 1, fields: { name: 'DRAFTS', version: 1, bytes: 12 } },
    { name: 'recycleFailed', at: 10, generation: 1, fields: { reason: 'turns', error: { name: 'ReviveError', message: 'No instance.' } } },
    { name: 'recycled', at: 20, generation: 2, fields: { reason: 'age', from: 1 } },
    failure(30, { generation: 1 }),
    { name: 'drained', at: 31, generation: 1, fields: { callsLost: 2 } },
    { name: 'persistFailed', at: 40, generation: 2, fields: { name: 'DRAFTS', action: 'save', reason: 'it is too large' } },
    failure(50, { generation: 2 }),
    { name: 'opened', at: 51, fields: { error: REFUSED, retryAfter: 20, attempt: 1 } },
    { name: 'retried', at: 55, fields: { entrypoint: 'render', attempt: 1, error: { name: 'ReviveError', message: 'It was lost.' } } },
    { name: 'probing', at: 72, fields: { attempt: 1 } },
    { name: 'recovered', at: 73, generation: 3, fields: { ms: 23 } },
    { name: 'closed', at: 74, fields: {} },
    // Of another version, say.
    { name: 'opened', at: 80, instance: 'room-7', fields: { since: 3 } },
    { name: 'drained', at: 90, generation: 3, fields: { callsLost: 0 } },
  ],
  leftOut: { turns: 0, events: 0 },
};
