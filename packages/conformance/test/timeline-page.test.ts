/** The page of a timeline, in a browser: what its script does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timeline } from '@wasm-revive/timeline';
import { renderHtml } from '@wasm-revive/timeline/html';
import { afterAll, expect, it } from 'vitest';
import { evaluateInBrowser } from '../src/drive/run-in-browser.ts';
import { browserToTest } from '../src/drive/runtimes.ts';

const chromium = browserToTest('chromium');
const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-timeline-page-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOSTILE = '<img src=x onerror="parent.hacked = true"></script><script>parent.hacked = true</script>';

const TIMELINE: Timeline = {
  version: 1,
  module: HOSTILE,
  startedAt: 1_700_000_000_000,
  ms: 100,
  heardFrom: 1,
  turns: [10, 50].map((at) => ({ generation: 1, at, ms: 20, entrypoint: at === 10 ? 'render' : HOSTILE, outcome: 'ended' })),
  events: [
    { name: HOSTILE, at: 40, generation: 1, fields: { said: HOSTILE } },
    { name: 'stale', at: 80, generation: 1, fields: { entrypoint: 'Counter.inc' } },
  ],
  leftOut: { turns: 0, events: 0 },
};

const WALK = `(async () => {
  const frame = document.body.appendChild(document.createElement('iframe'));
  frame.style.width = '900px';
  await new Promise((resolve) => { frame.onload = resolve; frame.src = '/page/run.html'; });
  const page = frame.contentDocument;
  const chart = page.getElementById('chart');
  const drawn = () => new Promise((resolve) => frame.contentWindow.requestAnimationFrame(() => frame.contentWindow.requestAnimationFrame(resolve)));
  const press = async (...keys) => {
    for (const key of keys) chart.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    await drawn();
  };
  const marks = () => chart.querySelectorAll('.item').length;
  const fact = (name) => page.querySelector('#details dd.' + name)?.textContent;
  await drawn();
  const seen = { all: marks(), width: chart.querySelector('svg').getAttribute('width') };
  await press('ArrowRight', 'ArrowRight');
  seen.second = fact('said');
  await press('ArrowRight');
  seen.third = fact('turn');
  await press('ArrowLeft', 'ArrowLeft', 'Enter', '+');
  seen.first = fact('turn');
  seen.zoomed = marks();
  await press('0');
  seen.back = marks();
  const filter = page.getElementById('filter');
  filter.value = 'counter.inc';
  filter.dispatchEvent(new frame.contentWindow.Event('input'));
  await drawn();
  seen.filtered = [marks(), [...page.querySelectorAll('tr.row')].filter((row) => !row.hidden).length];
  seen.hacked = globalThis.hacked === true;
  seen.asked = frame.contentWindow.performance.getEntriesByType('resource').length;
  return seen;
})()`;

it.skipIf(chromium === undefined)('is used with the keyboard, asks for nothing, and runs nothing of the program', async () => {
  writeFileSync(join(folder, 'run.html'), renderHtml(TIMELINE));
  const seen = JSON.parse(await evaluateInBrowser('chromium', chromium ?? '', { '/page/': folder }, WALK));
  expect(seen).toEqual({
    all: 4,
    width: '900',
    second: HOSTILE,
    third: HOSTILE,
    first: 'render',
    // The turn, and the event behind it; neither the other turn nor the other event.
    zoomed: 2,
    back: 4,
    filtered: [1, 1],
    hacked: false,
    asked: 0,
  });
});
