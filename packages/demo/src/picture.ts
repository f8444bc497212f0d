/** Makes the picture of the page that the READMEs show: `npm run picture`, in this folder, where Chromium is. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launch } from 'puppeteer-core';
import { browserBinary } from './browser.ts';
import { serve } from './server/serve.ts';
import { Stage } from './server/stage.ts';
import type { Place, PoisonKind } from './workers/requests.ts';

const PICTURE = fileURLToPath(new URL('../../../docs/demo.webp', import.meta.url));

/** What is done while it is watched; the stack overflow last, for nothing is served behind it where nobody recovers. */
const SCRIPT: readonly (readonly [PoisonKind, Place])[] = [
  ['abort', 2],
  ['panic', 5],
  ['memory', 6],
  ['abort', 'worker'],
  ['stack', 1],
];

const executablePath = browserBinary();
if (executablePath === undefined)
  throw new Error('There is no Chromium on this machine: install it, or set WASM_REVIVE_CHROMIUM to its path.');
const stage = new Stage({ panic: 'abort', seed: 2026, settings: { perSecond: 16, poisonPercent: 0, paused: false } });
await stage.start();
const serving = await serve(stage, 0);
const browser = await launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 900, deviceScaleFactor: 1.25 });
  await page.goto(serving.url);
  await sleep(7_000);
  for (const poison of SCRIPT) {
    stage.poison(...poison);
    await sleep(2_000);
  }
  // Until it is clear that some requests get no answer.
  await sleep(2_500);
  const tables = await page.$('.tables');
  const { y = 0, height = 0 } = (await tables?.boundingBox()) ?? {};
  const clip = { x: 0, y: 0, width: 1200, height: Math.ceil(y + height + 16) };
  await page.screenshot({ path: PICTURE, type: 'webp', quality: 70, clip, captureBeyondViewport: true });
  console.log(`${path.relative(process.cwd(), PICTURE)} was written.`);
} finally {
  await browser.close();
  await serving.end();
  await stage.end();
}
