import type { CrashReport, InstanceView, Plugin } from '@wasm-revive/kernel';
import { expect, it, vi } from 'vitest';
import { type RecordedModule, readTimeline, recordTimeline } from '../src/index.js';
import { failure, RUN } from './documents.js';

/** A control handle whose events and turns the test causes. */
function handle(): { readonly revive: RecordedModule; emit(name: string, event: unknown): void; plugins(): Plugin[] } {
  const listeners = new Map<string, Set<(event: never) => void>>();
  const plugins = new Set<Plugin>();
  const revive = {
    module: 'app',
    generation: 1,
    events: ['failure', 'recovered', 'probing'],
    on(name: string, listener: (event: never) => void) {
      const all = listeners.get(name) ?? new Set();
      listeners.set(name, all.add(listener));
      return () => void all.delete(listener);
    },
    use(plugin: Plugin) {
      plugins.add(plugin);
      return () => void plugins.delete(plugin);
    },
  } as unknown as RecordedModule;
  return {
    revive,
    emit: (name, event) => {
      for (const listener of listeners.get(name) ?? []) listener(event as never);
    },
    plugins: () => [...plugins],
  };
}

const view = (key?: string): InstanceView => ({ key, generation: 2, memoryBytes: 1, callsInFlight: 3 }) as InstanceView;

function clock(): { now(): number; epoch(): number; pass(ms: number): void } {
  let time = 1_000;
  return {
    now: () => time,
    epoch: () => 1_700_000_000_000,
    pass(ms) {
      time += ms;
    },
  };
}

it('records turns with their ends, and says of the recording what there is of it', () => {
  const { revive, plugins } = handle();
  const time = clock();
  const recording = recordTimeline(revive, time);
  const [plugin] = plugins() as [Plugin];
  const [own, other] = [view(), view('room')];
  time.pass(5);
  plugin.entered?.(own, 'render');
  plugin.entered?.(other, 'add');
  time.pass(2);
  plugin.committed?.(own);
  plugin.lost?.(other, {} as CrashReport);
  plugin.entered?.(own, 'render');
  expect(recording.timeline()).toEqual({
    version: 1,
    module: 'app',
    startedAt: 1_700_000_000_000,
    ms: 7,
    heardFrom: 2,
    turns: [
      { generation: 2, at: 5, ms: 2, entrypoint: 'render', outcome: 'ended', callsInFlight: 3 },
      { instance: 'room', generation: 2, at: 5, ms: 2, entrypoint: 'add', outcome: 'lost' },
      { generation: 2, at: 7, entrypoint: 'render', outcome: 'open' },
    ],
    events: [],
    leftOut: { turns: 0, events: 0 },
  });
});

it('keeps the last ones, and tells how many it has left out', () => {
  const { revive, emit, plugins } = handle();
  const recording = recordTimeline(revive, { maxTurns: 3, maxEvents: 2, ...clock() });
  const [plugin] = plugins() as [Plugin];
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    plugin.entered?.(view(), name);
    emit('recovered', { generation: 1, ms: 1, name });
  }
  const { turns, events, leftOut } = recording.stop();
  expect(turns.map(({ entrypoint }) => entrypoint)).toEqual(['c', 'd', 'e']);
  expect(events.map((event) => 'fields' in event && event.fields.name)).toEqual(['d', 'e']);
  expect(leftOut).toEqual({ turns: 2, events: 3 });
});

it('hears nothing after its end, and gives the same again', () => {
  const { revive, emit, plugins } = handle();
  const recording = recordTimeline(revive);
  const [plugin] = plugins() as [Plugin];
  const timeline = recording.stop();
  emit('recovered', { generation: 1, ms: 1 });
  plugin.entered?.(view(), 'late');
  expect(plugins()).toEqual([]);
  expect(recording.stop()).toBe(timeline);
  expect(recording.timeline()).toEqual(expect.objectContaining({ turns: [], events: [] }));
});

it('records events that it does not know, whatever is in them', () => {
  const { revive, emit } = handle();
  const recording = recordTimeline(revive, { redact: (text) => text.replace('secret', '***'), ...clock() });
  const trap = {
    get poison() {
      throw new Error('no');
    },
  };
  const around: Record<string, unknown> = {};
  around.self = around;
  emit('probing', {
    instance: 'room',
    generation: 7,
    attempt: 2n,
    at: Number.NaN,
    error: new TypeError('a secret'),
    trap,
    around,
    run() {},
  });
  emit('probing', undefined);
  emit('recovered', { error: { anything: 'of the program' } });
  const { events } = recording.stop();
  expect(events).toEqual([
    {
      name: 'probing',
      at: 0,
      instance: 'room',
      generation: 7,
      fields: { attempt: '2', at: 'NaN', error: { name: 'TypeError', message: 'a ***' }, trap: {}, around: { self: { self: '…' } } },
    },
    { name: 'probing', at: 0, fields: { value: null } },
    { name: 'recovered', at: 0, fields: { error: { name: 'object', message: '[object Object]' } } },
  ]);
});

it('keeps 32 frames of a report', () => {
  const { revive, emit } = handle();
  const recording = recordTimeline(revive);
  const event = failure(1, { generation: 1 });
  if (!('report' in event) || event.report.failure.kind !== 'aborted') throw new Error('no abort');
  const frames = Array.from({ length: 100 }, (_, index) => ({ index }));
  emit('failure', { ...event.report, failure: { ...event.report.failure, frames } });
  const [kept] = recording.stop().events;
  expect(kept && 'report' in kept && kept.report.failure.kind === 'aborted' && kept.report.failure.frames).toHaveLength(32);
});

it('reads what it has written, and refuses all else with what is wrong', () => {
  expect(readTimeline(JSON.stringify(RUN))).toEqual(RUN);
  const refused: [unknown, string, RegExp][] = [
    [{ ...RUN, version: 2 }, 'REVIVE_UNKNOWN_TIMELINE_VERSION', /is of version 2; this package reads version 1/],
    [[], 'REVIVE_BAD_TIMELINE', /it is not an object/],
    [{ ...RUN, turns: [{ ...RUN.turns[0], at: '1' }] }, 'REVIVE_BAD_TIMELINE', /`turns\[0\]\.at` is not a number/],
    [
      { ...RUN, events: [{ name: 'failure', at: 1, report: {} }] },
      'REVIVE_BAD_TIMELINE',
      /`events\[0\]\.report\.failure` is not an object/,
    ],
    [{ ...RUN, startedAt: 1e300 }, 'REVIVE_BAD_TIMELINE', /`startedAt` is not a time/],
  ];
  for (const [value, code, message] of refused) {
    expect(() => readTimeline(JSON.stringify(value))).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  }
  expect(() => readTimeline('{')).toThrow(expect.objectContaining({ code: 'REVIVE_BAD_TIMELINE' }));
});

it('refuses limits that are none before it listens', () => {
  const { revive } = handle();
  const on = vi.spyOn(revive, 'on');
  expect(() => recordTimeline(revive, { maxTurns: -1 })).toThrow('maxTurns has to be a whole number from 0, not -1.');
  expect(on).not.toHaveBeenCalled();
});
