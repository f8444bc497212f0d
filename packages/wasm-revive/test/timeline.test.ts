/** Timelines of real runs, recorded from the control handle of a transformed package. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordTimeline } from '@wasm-revive/timeline';
import { renderTerminal } from '@wasm-revive/timeline/terminal';
import { afterAll, expect, it } from 'vitest';
import type { Revive } from '../dist/runtime.js';
import { transform } from '../dist/transform.js';

interface Fixture {
  add(a: number, b: number): number;
  fail(kind: string): void;
  wait_for(promise: Promise<unknown>): Promise<unknown>;
  Counter: new (start: number) => { inc(): void };
}

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-timeline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(panic: 'abort' | 'unwind'): Fixture & { readonly __revive: Revive<Fixture> } {
  const outDir = join(folder, panic);
  transform({ dir: fileURLToPath(new URL(`../../../.artifacts/fixtures-revive/${panic}/nodejs`, import.meta.url)), outDir });
  const file = join(outDir, 'wasm_revive_fixtures.js');
  delete require.cache[file];
  return require(file) as Fixture & { readonly __revive: Revive<Fixture> };
}

it('records a panic that was kept, an abort, and what was in flight', async () => {
  const { __revive, add, fail, wait_for } = load('unwind');
  const recording = recordTimeline(__revive);
  add(1, 2);
  __revive.reset();
  add(1, 2);
  expect(() => fail('panic-message')).toThrow();
  const lost = wait_for(new Promise(() => {}));
  expect(() => fail('oom')).toThrow();
  await expect(lost).rejects.toThrow();
  add(3, 4);
  const { heardFrom, turns, events } = recording.stop();
  expect(heardFrom).toBe(2);
  const calls = turns.filter(({ entrypoint }) => entrypoint === 'add' || entrypoint === 'fail');
  // The call before the reset was served by an instance that was there before the recording.
  expect(calls.map(({ entrypoint, generation, outcome }) => [entrypoint, generation, outcome])).toEqual([
    ['add', 2, 'ended'],
    ['fail', 2, 'failed'],
    ['fail', 2, 'lost'],
    ['add', 3, 'ended'],
  ]);
  expect(calls.every(({ ms = -1 }) => ms >= 0)).toBe(true);
  expect(turns.find(({ entrypoint }) => entrypoint === 'wait_for')?.callsInFlight).toBe(1);
  // The executor's microtask may come late, to an instance that is gone.
  const told = events.filter(({ name }) => name !== 'instantiated' && name !== 'stale');
  expect(told.map(({ name, generation }) => [name, generation])).toEqual([
    ['recovered', 2],
    ['failure', 2],
    ['failure', 2],
    ['recovered', 3],
  ]);
  expect(told[1]).toMatchObject({
    report: { recovery: 'keep', failure: { kind: 'unwound', panic: { message: 'the message of panic-message' } } },
  });
  expect(told[2]).toMatchObject({ report: { recovery: 'fresh', callsLost: 1, failure: { cause: 'out-of-memory' } } });
  expect(told[3]).toMatchObject({ fields: { ms: expect.any(Number) } });
});

it('I4: tells the turns of siblings apart, by what is left of their keys', () => {
  const { __revive, add } = load('abort');
  __revive.configure({ redact: (text) => text.replace('Ada', '***') });
  const recording = recordTimeline(__revive);
  const [one, other] = [__revive.instance('Ada'), __revive.instance('room-8')];
  one.add(1, 2);
  other.add(1, 2);
  add(1, 2);
  expect(() => one.fail('panic-message')).toThrow();
  one.add(1, 2);
  const stale = new one.Counter(1);
  __revive.evict('Ada');
  expect(() => stale.inc()).toThrow();
  const timeline = recording.stop();
  const calls = timeline.turns.filter(({ entrypoint }) => /^(add|fail)$/.test(entrypoint));
  expect(calls.map(({ instance, generation, entrypoint, outcome }) => [instance, generation, entrypoint, outcome])).toEqual([
    ['***', 1, 'add', 'ended'],
    ['room-8', 1, 'add', 'ended'],
    ['***', 1, 'fail', 'lost'],
    ['***', 2, 'add', 'ended'],
  ]);
  expect(timeline.events.filter(({ instance }) => instance === '***').map(({ name, generation }) => [name, generation])).toEqual([
    ['instantiated', 1],
    ['failure', 1],
    ['instantiated', 2],
    ['recovered', 2],
  ]);
  expect(JSON.stringify(timeline)).not.toContain('Ada');
});

it('I8: once a recording has ended, the next instance has no plugin of it', () => {
  const { __revive, add } = load('abort');
  let heard = 0;
  const remove = __revive.use({ name: 'counts', entered: () => void heard++ });
  __revive.reset();
  add(1, 2);
  const before = heard;
  expect(before).toBeGreaterThan(0);
  remove();
  remove();
  __revive.reset();
  add(1, 2);
  expect(heard).toBe(before);
});

it('the handle names its events, and each can be listened to', () => {
  const { __revive } = load('abort');
  expect(__revive.events).toEqual(expect.arrayContaining(['failure', 'recovered', 'stale', 'retired']));
  for (const name of __revive.events) __revive.on(name, () => {})();
});

it('shows an instance that was replaced while a call was in flight on it, and what that has cost', async () => {
  const { __revive, wait_for } = load('abort');
  const recording = recordTimeline(__revive);
  __revive.configure({ recycle: { turns: 1 }, drainMs: 1 });
  const drained = new Promise((resolve) => __revive.on('drained', resolve));
  await expect(wait_for(new Promise(() => {}))).rejects.toThrow();
  await drained;
  const shown = renderTerminal(recording.stop(), { width: 140 });
  expect(shown).toContain('◐  recycled: generation 2 serves in place of 1, which was well (turns)');
  expect(shown).toContain('◐  drained: generation 1 has ended; calls in flight that were rejected: 1');
});

it('the command shows a timeline, and writes it as a page', () => {
  const { __revive, add, fail } = load('abort');
  const recording = recordTimeline(__revive);
  expect(() => fail('panic-message')).toThrow();
  add(1, 2);
  const [json, html] = [join(folder, 'run.json'), join(folder, 'run.html')];
  writeFileSync(json, JSON.stringify(recording.stop()));
  const command = (...args: string[]): string =>
    execFileSync(process.execPath, [fileURLToPath(new URL('../bin/wasm-revive.js', import.meta.url)), 'timeline', ...args], {
      encoding: 'utf8',
    });
  expect(command(json)).toMatch(/✖ {2}Rust panicked in fail: the message of panic-message/);
  expect(command(json, '--html', html)).toBe(`written to ${html}\n`);
  expect(readFileSync(html, 'utf8')).toContain('Rust panicked in fail: the message of panic-message');
  writeFileSync(json, '{}');
  expect(() => command(json)).toThrow(/error REVIVE_BAD_TIMELINE: This is not a timeline of wasm-revive: `module` is not a text/);
});
