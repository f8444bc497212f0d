/** Where else failures are told: Workers Analytics Engine, OpenTelemetry. On the real workerd. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { build } from './build-worker.ts';
import { type Running, type StartOptions, start } from './workerd.ts';

const running: Running[] = [];
afterAll(() => Promise.all(running.map(({ miniflare }) => miniflare.dispose())));
const startWith = async (options: string, how: StartOptions = {}): Promise<Running> => {
  const dir = build('abort', options);
  if (how.main !== undefined) writeFileSync(join(dir, how.main), WATCHED);
  const worker = await start(dir, how);
  running.push(worker);
  return worker;
};

/** What miniflare's dataset is given, for it keeps nothing. */
const WATCHED = `
  import { env } from 'cloudflare:workers';
  import worker, * as all from './index.js';
  const { writeDataPoint } = env.CRASHES;
  env.CRASHES.writeDataPoint = function (point) {
    writeDataPoint.call(this, point);
    console.log('told ' + JSON.stringify(point));
  };
  export default worker;
  export const { Counter, Kept, Ledger, Loaded } = all;`;

describe('Workers Analytics Engine', () => {
  test('gets a data point for each failure, of requests and of objects', async () => {
    const worker = await startWith("export default { analytics: 'CRASHES' };", { main: 'watched.js', analytics: 'CRASHES' });
    await worker.get('/panic');
    await worker.get('/object/a/stack');
    await expect.poll(() => worker.told.length).toBe(2);
    const report = expect.stringMatching(/^[0-9a-f-]+/);
    expect(worker.told).toEqual([
      {
        indexes: [report],
        blobs: [
          expect.stringMatching(/^Rust aborted \(panic-abort\) in fetch: asked to panic \(.*src\/fail.rs:/),
          ...['index', expect.stringMatching(/^[0-9a-f]{16}$/), 'aborted', 'panic-abort', 'fresh', 'fetch', '', report],
        ],
        // The call that failed had waited for a microtask.
        doubles: [1, 1],
      },
      {
        indexes: [report],
        blobs: [
          expect.stringMatching(/^Rust aborted \(stack-overflow\)/),
          ...['index', expect.stringMatching(/^[0-9a-f]{16}$/), 'aborted', 'stack-overflow', 'fresh'],
          ...['Counter.fetch', expect.stringMatching(/^Counter [0-9a-f]+$/), report],
        ],
        // The call that failed had waited for a microtask.
        doubles: [1, 1],
      },
    ]);
  });

  test('that there isn’t is named when the Worker starts [I9]', async () => {
    await expect(startWith("export default { analytics: 'NONE' };")).rejects.toThrow(
      /failures are to be written to NONE, and there is no such binding/,
    );
  });
});

describe('OpenTelemetry', () => {
  const telemetry = (path: string): string => JSON.stringify(fileURLToPath(new URL(`../../../${path}`, import.meta.url)));

  test('counts failures and recoveries, by what the option setup is given', async () => {
    const options = `
      import { instrument } from ${telemetry('packages/opentelemetry/dist/index.js')};
      import { MeterProvider, MetricReader } from ${telemetry('node_modules/@opentelemetry/sdk-metrics/build/esm/index.js')};
      class Reader extends MetricReader { async onShutdown() {} async onForceFlush() {} }
      const reader = new Reader();
      export default {
        setup(revive) {
          instrument(revive, { meterProvider: new MeterProvider({ readers: [reader] }) });
          revive.on('recovered', async () => {
            const { resourceMetrics } = await reader.collect();
            const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
            console.log('told ' + JSON.stringify(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map(({ value }) => value)])));
          });
        },
      };`;
    const worker = await startWith(options);
    for (let time = 1; time <= 2; time++) expect((await worker.get('/abort')).status).toBe(500);
    await expect.poll(() => worker.told.length).toBe(2);
    expect(Object.fromEntries(worker.told[1] as [string, unknown][])).toMatchObject({
      'wasm_revive.failures': [2],
      'wasm_revive.recoveries': [2],
    });
  });
});
