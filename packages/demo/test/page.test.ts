/** The page in headless Chromium, of Workers on the real workerd. The names in brackets are the invariants of docs/architecture.md. */
import { type Browser, launch, type Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserBinary } from '../src/browser.ts';
import { type Serving, serve } from '../src/server/serve.ts';
import { Stage } from '../src/server/stage.ts';

const chromium = browserBinary();
if (chromium === undefined && process.env.CI !== undefined) throw new Error('Chromium is not on this machine.');

describe.skipIf(chromium === undefined)('the page', () => {
  let stage: Stage;
  let serving: Serving;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    stage = new Stage({ panic: 'abort', seed: 1, settings: { perSecond: 6, poisonPercent: 0, paused: false } });
    await stage.start();
    serving = await serve(stage, 0);
    browser = await launch({ executablePath: chromium as string, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
    page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(serving.url);
    await until(`[...document.querySelectorAll('#counters td')].length === 8 * ${stage.kinds.length}`);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await serving?.end();
    await stage?.end();
  });
  afterEach(() => expect(complaints.splice(0)).toEqual([]));

  /** Waits until an expression is true on the page. */
  const until = (expression: string): Promise<unknown> => page.waitForFunction(expression, { timeout: 20_000 });
  /** A number of the first table. */
  const figure = (line: string, kind: string): string => {
    const column = stage.kinds.indexOf(kind as (typeof stage.kinds)[number]);
    const row = `[...document.querySelectorAll('#figures tbody tr')].find((row) => row.textContent.startsWith('${line}'))`;
    return `Number(${row}.querySelectorAll('td')[${column}].textContent)`;
  };
  const focused = (): Promise<string> =>
    page.evaluate("document.activeElement.dataset.poison ?? document.activeElement.id ?? ''") as Promise<string>;
  const tabTo = async (isThere: (focused: string) => boolean): Promise<void> => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if (isThere(await focused())) return;
    }
    throw new Error('The Tab key does not get there.');
  };

  test('has lanes of every Worker: of ours one instance for each object, of the others one for all', async () => {
    await until(`${figure('Good requests served', 'rollback')} > 10`);
    const lanes = await page.$$eval('.lane', (lanes) =>
      lanes.map((lane) => {
        const canvas = lane.querySelector('canvas');
        const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return { label: canvas?.getAttribute('aria-label'), colours: new Set(pixels).size };
      }),
    );
    expect(lanes).toHaveLength(stage.kinds.length);
    for (const [index, { label, colours }] of lanes.entries()) {
      const isOurs = stage.kinds[index] === 'fresh' || stage.kinds[index] === 'rollback';
      expect(label).toContain(isOurs ? '9 instances, one for each object' : 'one instance for the Worker and all objects');
      expect(colours).toBeGreaterThan(10);
    }
  });

  test('by the keyboard alone: a poison button fails one request in every lane, ours keep their counters, and a crash report opens [I1, I2, I7]', async () => {
    await tabTo((name) => name === 'abort');
    await page.keyboard.press('Enter');
    for (const kind of stage.kinds) {
      // One that aborts may never be answered.
      await until(`${figure('Poison that failed', kind)} + ${figure('Requests without', kind)} > 0`);
    }
    await until(`${figure('Poison that failed', 'fresh')} === 1 && ${figure('Poison that failed', 'rollback')} === 1`);
    await until("document.querySelectorAll('.report').length === 2");
    const good = async (kind: string): Promise<number> => {
      const column = stage.kinds.indexOf(kind as (typeof stage.kinds)[number]) + 2;
      return (await page.$$(`#counters tbody tr td:nth-child(${column}).good`)).length;
    };
    expect(await good('rollback')).toBe(8);
    // The object that failed has lost its own, and no other has.
    expect(await good('fresh')).toBeGreaterThanOrEqual(7);
    expect(
      await page.evaluate(`${figure('Good requests that failed', 'rollback')} + ${figure('Good requests that failed', 'fresh')}`),
    ).toBe(0);

    await page.keyboard.press('Tab');
    while (!(await page.evaluate("document.activeElement.classList.contains('report')"))) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until("document.querySelector('dialog')?.open === true");
    const report = (await page.evaluate("document.querySelector('dialog').textContent")) as string;
    expect(report).toMatch(/Rust aborted \(unreachable\) in Kept\.fetch of object \d/);
    expect(report).toMatch(/wasm_revive_worker_fixture\S*::fail::step/);
    await page.keyboard.press('Escape');
    await until("document.querySelector('dialog') === null");
    expect(await page.evaluate("document.activeElement.classList.contains('report')")).toBe(true);
  });

  test('the slider sends poison among the traffic, and pausing ends it', async () => {
    await page.focus('#poison-percent');
    for (let percent = 1; percent <= 20; percent++) await page.keyboard.press('ArrowRight');
    await until("document.querySelector('output[for=poison-percent]').textContent === '20 %'");
    await until(`${figure('Poison that failed', 'rollback')} >= 4`);
    await page.keyboard.press('Home');
    await until("document.querySelector('output[for=poison-percent]').textContent === '0 %'");
    const pause = await page.waitForSelector('::-p-text(Pause)');
    await pause?.press('Enter');
    await page.waitForSelector('::-p-text(Go on)');
    expect(await page.evaluate(figure('Good requests that failed', 'rollback'))).toBe(0);
  });

  test('nothing is wider than a phone, in light and in dark', async () => {
    const colours = new Set<unknown>();
    for (const value of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
      for (const width of [375, 768, 1280]) {
        await page.setViewport({ width, height: 800 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      }
      colours.add(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
    }
    expect(colours.size).toBe(2);
  });

  test('all begins anew, with nothing lost', async () => {
    const restart = await page.waitForSelector('::-p-text(Start all anew)');
    await restart?.press('Enter');
    await until(`${figure('Poison that failed', 'rollback')} === 0`);
    await until("document.querySelectorAll('#counters td.good').length === document.querySelectorAll('#counters td').length");
    expect(await page.$$('.report')).toEqual([]);
  });
});

describe('the server', () => {
  test('takes orders only of its own page, and refuses what is none', async () => {
    const stage = new Stage({ panic: 'abort', seed: 1, settings: { perSecond: 0, poisonPercent: 0, paused: true } });
    const serving = await serve(stage, 0);
    try {
      const post = async (body: string, type: string): Promise<number> =>
        (await fetch(new URL('orders', serving.url), { method: 'POST', body, headers: { 'content-type': type } })).status;
      expect(await post('{"do":"set","settings":{}}', 'text/plain')).toBe(415);
      expect(await post('{"do":"set","settings":{"perSecond":3}}', 'application/json')).toBe(204);
      for (const order of ['', '{"do":"stop"}', '{"do":"poison","kind":"love"}', '{"do":"poison","kind":"abort","place":8}']) {
        expect(await post(order, 'application/json')).toBe(400);
      }
      expect((await fetch(new URL('package.json', serving.url))).status).toBe(404);
      expect((await fetch(new URL('..%2fmain.js', serving.url))).status).toBe(404);
    } finally {
      await serving.end();
      await stage.end();
    }
  });
});
