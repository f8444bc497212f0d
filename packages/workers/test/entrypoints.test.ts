/** Whatever else a Worker serves besides requests: RPC, schedules, queues, alarms, WebSockets; and what the options change. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from './build-worker.ts';
import { CALLER, callBy, type Step } from './caller.ts';
import { type Running, type StartOptions, start } from './workerd.ts';

describe('the entrypoints of a Worker', () => {
  let worker: Running;
  const count = async (): Promise<number> => Number((await worker.get('/wait-0')).text);
  const call = (target: string, ...steps: Step[]) => callBy(worker, target, ...steps);

  beforeAll(async () => {
    worker = await start(build('abort'), {
      caller: {
        script: CALLER,
        serviceBindings: { FIXTURE: 'fixture' },
        durableObjects: { COUNTER: { className: 'Counter', scriptName: 'fixture', useSQLite: true } },
      },
    });
  });
  afterAll(() => worker.miniflare.dispose());

  test('methods of the default entrypoint can be called by a binding, and an abort rejects at once [I1, I5]', async () => {
    expect(await call('service', ['add', 1, 2])).toEqual({ value: 3 });
    expect(await call('service', ['failLater', 'wait-1'])).toEqual({ value: 'wait-1' });
    // A plain function that gives a promise: it rejects.
    expect(await call('service', ['failLater', 'abort'])).toEqual({ error: expect.stringMatching(/Rust aborted: unreachable/) });
    expect(await call('service', ['add', 1, 2])).toEqual({ value: 3 });
  });

  test('methods and properties of an object can be called by its stub, and an abort in one costs that object alone [I1, I2]', async () => {
    expect(await call('rpc', ['addCount', 2])).toEqual({ value: 2 });
    expect(await call('other', ['addCount', 5])).toEqual({ value: 5 });
    expect(await call('rpc', 'total')).toEqual({ value: 2 });
    expect(await call('rpc', ['addCount', 13])).toEqual({ error: expect.stringMatching(/Rust aborted in Counter.addCount/) });
    expect(await call('rpc', 'total')).toEqual({ value: 0 });
    expect(await call('other', 'total')).toEqual({ value: 5 });
  });

  test('what wasm-bindgen adds to a class can not be called from outside', async () => {
    expect(await call('rpc', ['free'])).toEqual({ error: expect.stringMatching(/does not implement/) });
    expect(await call('rpc', ['__destroy_into_raw'])).toEqual({ error: expect.stringMatching(/does not implement/) });
  });

  test('a schedule and a queue fail alone, as they do with any error [I1]', async () => {
    const fixture = await worker.events('fixture');
    await worker.get('/abort');
    expect(await fixture.scheduled({ cron: 'wait-1' })).toMatchObject({ outcome: 'ok' });
    expect(await count()).toBe(100);
    expect(await fixture.scheduled({ cron: 'abort' })).toMatchObject({ outcome: 'exception' });
    expect(await count()).toBe(0);
    const message = (body: string) => [{ id: '1', timestamp: new Date(), attempts: 1, body }];
    expect(await fixture.queue('queue', message('wait-1'))).toMatchObject({ outcome: 'ok' });
    expect(await count()).toBe(1000);
    expect(await fixture.queue('queue', message('abort'))).toMatchObject({ outcome: 'exception' });
    expect(await count()).toBe(0);
  });

  test('an alarm whose handler aborted is run again by the runtime, on a fresh instance [I7]', async () => {
    const alarms = async (): Promise<number> => JSON.parse((await worker.get('/object/alarmed/wait-0')).text).alarms;
    await worker.get('/object/alarmed/inc/alarm-abort');
    await expect.poll(alarms, { timeout: 20_000, interval: 100 }).toBe(2);
    expect(JSON.parse((await worker.get('/object/alarmed/inc')).text)).toMatchObject({ count: 1, stored: 2 });
  });

  test('an event that comes after an abort waits for what the constructor asked for by blockConcurrencyWhile, as any does', async () => {
    const loaded = async (steps: string) => (await worker.get(`/loaded/a/${steps}`)).text;
    expect(await loaded('wait-0')).toBe('true');
    for (let cycle = 1; cycle <= 25; cycle++) {
      expect((await worker.get('/loaded/a/abort')).status).toBe(500);
      expect(await Promise.all(['wait-0', 'wait-1', 'wait-2'].map(loaded))).toEqual(['true', 'true', 'true']);
    }
  });

  test('a body that Rust streams ends when its instance is lost, as where a stream of JavaScript fails [I5]', async () => {
    const response = await worker.fetch('/stream', { headers: { 'accept-encoding': 'identity' } });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const read = async (): Promise<string | undefined> => {
      const { done, value } = await reader.read();
      return done ? undefined : new TextDecoder().decode(value);
    };
    let text = await read();
    expect((await worker.get('/abort')).status).toBe(500);
    // It has no end of its own.
    for (let part = await read(); part !== undefined; part = await read()) text += part;
    expect(text).toMatch(/^(?:part)+$/);
  });

  test('a hibernating WebSocket stays open when a message aborts its object, and those of other objects notice nothing [I2]', async () => {
    const socketOf = async (name: string) => {
      const fixture = await worker.events('fixture');
      const { webSocket } = await fixture.fetch(`http://fixture/object/${name}/socket`, { headers: { upgrade: 'websocket' } });
      if (webSocket === null) throw new Error('No WebSocket was given.');
      webSocket.accept();
      const send = (text: string): void => webSocket.send(text);
      const ask = (text: string): Promise<unknown> => {
        const answer = new Promise((resolve) => webSocket.addEventListener('message', ({ data }) => resolve(data), { once: true }));
        send(text);
        return answer;
      };
      return { send, ask };
    };
    const [ill, well] = [await socketOf('ill'), await socketOf('well')];
    expect(await ill.ask('a')).toBe('a 1');
    expect(await well.ask('a')).toBe('a 1');
    // The message that aborts gets no answer: the next one is that to what is sent after it.
    ill.send('abort');
    expect(await ill.ask('b')).toBe('b 1');
    expect(await well.ask('b')).toBe('b 2');
  });
});

describe('the options of a Worker', () => {
  const caller = { script: CALLER, serviceBindings: { FIXTURE: { name: 'fixture', entrypoint: 'Admin' } }, durableObjects: {} };
  const running: Running[] = [];
  afterAll(() => Promise.all(running.map(({ miniflare }) => miniflare.dispose())));
  const startWith = async (options: string, more: StartOptions = {}): Promise<Running> => {
    const worker = await start(build('abort', `export default ${options};`), more);
    running.push(worker);
    return worker;
  };

  test('`shared` has objects live where stateless requests do, so that they share its fate [I2]', async () => {
    const { get } = await startWith('{ shared: true }');
    expect((await get('/object/a/inc')).text).toContain('"made":1');
    expect((await get('/object/b/inc')).text).toContain('"made":2');
    await get('/abort');
    expect((await get('/object/a/inc')).text).toContain('"count":1,"stored":2');
  });

  test('`entrypoints` names classes that bindings reach beside the default one, and their failures are like any [I1, I2]', async () => {
    const worker = await startWith("{ entrypoints: ['Admin'] }", { caller });
    const call = (...steps: unknown[]) => callBy(worker, 'service', ...(steps as Step[]));
    expect(await call(['count'])).toEqual({ value: 1 });
    expect(await call(['step', 'wait-1'])).toEqual({ value: 'wait-1' });
    expect(await call(['step', 'abort'])).toEqual({ error: expect.stringMatching(/Rust aborted/) });
    expect(await call(['count'])).toEqual({ value: 1 });
    const fetched = async (path: string) => {
      const { status, text } = (await callBy(worker, 'fetch', [path])) as { status: number; text: string };
      return `${status} ${text}`;
    };
    expect(await fetched('/wait-1')).toBe('200 admin');
    expect(await fetched('/abort')).toMatch(/^500 Internal Server Error/);
    expect(await fetched('/wait-1')).toBe('200 admin');
  });

  test('in a pool, a request that aborts is known among those of its instance, and is not run again [I2]', async () => {
    const worker = await startWith('{ revive: { pool: { min: 2, max: 2 } } }');
    const others = Array.from({ length: 8 }, () => worker.get('/wait-300'));
    // One on each instance, if both are asked while the others wait.
    const aborted = await Promise.all([worker.get('/wait-20/abort'), worker.get('/wait-20/abort')]);
    for (const { status } of aborted) expect(status).toBe(500);
    for (const { status } of await Promise.all(others)) expect(status).toBe(200);
    expect(await worker.loggedSoFar()).toHaveLength(2);
  });

  test('`retryable` says which requests may run again, and `attempts` how often [I2]', async () => {
    const { get, untilWaiting } = await startWith("{ retryable: (request) => request.headers.has('idempotency-key') }");
    const lost = get('/hold');
    const again = get('/hold', { method: 'POST', headers: { 'idempotency-key': '1' } });
    await untilWaiting(2);
    expect((await get('/abort')).status).toBe(500);
    expect((await lost).status).toBe(500);
    await untilWaiting(1);
    await get('/release');
    expect((await again).status).toBe(200);
  });

  test('a person who develops the Worker sees the report, nobody else does [I1]', async () => {
    const { get } = await startWith('{}', { bindings: { WASM_REVIVE_DEVELOPMENT: '1' } });
    const { status, text } = await get('/wait-1/panic');
    expect(status).toBe(500);
    expect(text).toMatch(/^REVIVE_ABORT: .*asked to panic/);
    expect(text).toContain('worker_fixture');
    expect(text).toContain('"cause": "panic-abort"');
  });

  test('a Worker whose requests all fail is refused for a while, with when to come again', async () => {
    const { get } = await startWith('{ revive: { consecutiveFailures: 2, backoffMs: 60_000, maxBackoffMs: 60_000 } }');
    await get('/abort');
    await get('/abort');
    const { status, text } = await get('/wait-0');
    expect(status).toBe(503);
    expect(text).toMatch(/REVIVE_CRASH_LOOP/);
  });

  test('an option that names what the module does not export is refused as the Worker starts [I9]', async () => {
    await expect(startWith("{ shared: ['Nobody'] }")).rejects.toThrow();
  });
});
