/** What comes with supervision, retries, recycling, drains and persisted state: as metrics, and in the spans that it concerns. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ReviveError } from 'wasm-revive';
import { type InstrumentedModule, instrument } from '../src/index.js';
import { events, gate, load, meterProvider, type Package, points, request } from './telemetry.js';

const MODULE = { 'wasm_revive.module': 'wasm_revive_fixtures' };

afterEach(() => vi.restoreAllMocks());

/** The fixtures, instrumented. */
function loadInstrumented(options: Parameters<Package['__revive']['configure']>[0] = {}): Package {
  const pkg = load('abort');
  pkg.__revive.configure(options);
  instrument(pkg.__revive, { meterProvider });
  return pkg;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Fails in a call, and goes on until what comes of it is there. */
async function fails(pkg: Pick<Package, 'fail'>, kind = 'abort'): Promise<void> {
  try {
    pkg.fail(kind);
  } finally {
    await turn();
  }
}

/** The next event of a name. */
function next({ __revive }: Package, name: Parameters<Package['__revive']['on']>[0]): Promise<unknown> {
  return new Promise((resolve) => {
    const off = __revive.on(name, (event) => {
      off();
      resolve(event);
    });
  });
}

/** A metric's values, by the attribute that tells them apart. */
async function values(metric: string, attribute: string): Promise<Record<string, unknown>> {
  const found = (await points())[metric] ?? [];
  return Object.fromEntries(found.map(({ attributes, value }) => [(attributes as Record<string, string>)[attribute], value]));
}

/** In which state a module is, by the metric: all that are not 0. */
async function status(): Promise<Record<string, unknown>> {
  const all = Object.entries(await values('wasm_revive.status', 'wasm_revive.state'));
  expect(all.map(([state]) => state)).toEqual(['idle', 'running', 'recovering', 'open', 'retired', 'draining', 'disposed']);
  return Object.fromEntries(all.filter(([, value]) => value !== 0));
}

it('listens to every event of the control handle, and to no event of a newer one', () => {
  const { __revive } = load('abort');
  const heard: string[] = [];
  const revive = {
    module: __revive.module,
    state: __revive.state,
    events: [...__revive.events, 'of a newer version', 'toString'],
    on(name: string) {
      heard.push(name);
      return () => {};
    },
  } as unknown as InstrumentedModule;
  instrument(revive, { meterProvider });
  expect(heard).toEqual(__revive.events);
});

describe('supervision', () => {
  it('counts what the breaker does, and says it in the spans of the calls that bring it about', async () => {
    const pkg = loadInstrumented({ consecutiveFailures: 2, backoffMs: 50 });
    await request('first', () => fails(pkg));
    const opened = next(pkg, 'opened') as Promise<{ retryAfter: number }>;
    await request('second', () => fails(pkg));
    const { retryAfter } = await opened;
    await new Promise((resolve) => setTimeout(resolve, retryAfter + 5));
    await request('probe', async () => {
      pkg.add(1, 2);
      await turn();
    });
    expect(await values('wasm_revive.breaker.transitions', 'wasm_revive.breaker.state')).toEqual({ open: 1, 'half-open': 1, closed: 1 });
    const { first, second, probe } = events();
    expect(first?.map(({ name }) => name)).toEqual(['exception']);
    expect(second).toEqual([
      expect.objectContaining({ name: 'exception' }),
      {
        name: 'wasm_revive.opened',
        attributes: {
          ...MODULE,
          'wasm_revive.attempt': 1,
          'wasm_revive.retry_after': retryAfter / 1000,
          'error.type': 'REVIVE_CRASH_LOOP',
          'wasm_revive.error.message': expect.stringMatching(/^wasm_revive_fixtures failed too often/),
        },
      },
    ]);
    expect(probe).toEqual([
      { name: 'wasm_revive.probing', attributes: { ...MODULE, 'wasm_revive.attempt': 1 } },
      { name: 'wasm_revive.closed', attributes: MODULE },
    ]);
  });

  it('says in which state the module is', async () => {
    const pkg = loadInstrumented({ maxRestarts: 0 });
    pkg.add(1, 2);
    expect(await status()).toEqual({ running: 1 });
    await request('failing', () => fails(pkg));
    expect(await status()).toEqual({ retired: 1 });
    expect(events().failing).toMatchObject([
      { name: 'exception' },
      { name: 'wasm_revive.retired', attributes: { ...MODULE, 'error.type': 'REVIVE_CRASH_LOOP', 'wasm_revive.error.message': /reset/ } },
    ]);
    expect(await values('wasm_revive.breaker.transitions', 'wasm_revive.breaker.state')).toEqual({ retired: 1 });
    pkg.__revive.reset();
    expect(await status()).toEqual({ running: 1 });
    await pkg.__revive.dispose();
    expect(await status()).toEqual({ disposed: 1 });
  });

  it('names a sibling in spans as the reports do, and in no metric', async () => {
    const pkg = loadInstrumented({ consecutiveFailures: 1, redact: (text) => text.replaceAll(/secret \w+|panic-message/g, '***') });
    const room = pkg.__revive.instance('secret key') as Package;
    await request('failing', () => fails(room, 'panic-message'));
    expect(events().failing).toMatchObject([
      { name: 'exception', attributes: { 'wasm_revive.instance': '***' } },
      { name: 'wasm_revive.opened', attributes: { 'wasm_revive.instance': '***' } },
    ]);
    expect(JSON.stringify(events())).not.toMatch(/secret|panic-message/);
    const all = await points();
    expect(all).toHaveProperty(['wasm_revive.breaker.transitions']);
    for (const { attributes } of Object.values(all).flat()) expect(attributes).not.toHaveProperty('wasm_revive.instance');
  });
});

it('a call that is run again says so in its span, with what it would have got', async () => {
  const pkg = loadInstrumented({ retry: { idempotent: ['wait_for'] } });
  const slow = gate();
  const call = request('repeated', () => pkg.wait_for(slow.opens));
  await turn();
  await request('failing', () => pkg.fail('abort'));
  await turn();
  slow.open();
  expect(await call).toBeUndefined();
  expect(events().repeated?.[0]).toEqual({
    name: 'wasm_revive.retried',
    attributes: {
      ...MODULE,
      'wasm_revive.entrypoint': 'wait_for',
      'wasm_revive.attempt': 1,
      'error.type': 'REVIVE_INSTANCE_LOST',
      'wasm_revive.error.message': expect.stringContaining('abort'),
    },
  });
  expect((await points())['wasm_revive.retries']).toEqual([{ attributes: MODULE, value: 1, unit: '{retry}' }]);
});

it('a closure of a lost instance says in the span that calls it that it did nothing', async () => {
  const pkg = loadInstrumented();
  const closure = pkg.counting_closure();
  await request('failing', () => pkg.fail('abort'));
  await request('listener', () => closure());
  expect(events().listener).toEqual([
    { name: 'wasm_revive.stale', attributes: { ...MODULE, 'wasm_revive.entrypoint': expect.any(String), 'wasm_revive.generation': 1 } },
  ]);
  expect((await points())['wasm_revive.stale_uses']).toEqual([{ attributes: MODULE, value: 1, unit: '{use}' }]);
});

describe('recycling and drains', () => {
  it('counts instances that were replaced, by the reason, and those that have ended', async () => {
    const pkg = loadInstrumented({ recycle: { turns: 1 } });
    const slow = gate();
    const flight = pkg.wait_for(slow.opens);
    await next(pkg, 'recycled');
    const drained = next(pkg, 'drained');
    slow.open();
    await Promise.all([flight, drained]);
    const all = await points();
    expect(all['wasm_revive.recycles']).toEqual([
      { attributes: { ...MODULE, 'wasm_revive.recycle.reason': 'turns' }, value: 1, unit: '{instance}' },
    ]);
    expect(all['wasm_revive.drains']).toEqual([{ attributes: MODULE, value: 1, unit: '{instance}' }]);
    expect(all['wasm_revive.calls_lost']).toMatchObject([{ value: 0 }]);
  });

  it('counts the calls that a drain has lost, once: through its limit, or through a failure', async () => {
    const pkg = loadInstrumented({ recycle: { turns: 1 }, drainMs: 1 });
    let drained = next(pkg, 'drained');
    const late = pkg.wait_for(new Promise(() => {}));
    await expect(late).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST' });
    await drained;
    const lost = 'wasm_revive.calls_lost';
    expect((await points())[lost]).toEqual([{ attributes: MODULE, value: 1, unit: '{call}' }]);
    pkg.__revive.configure({ drainMs: 60_000 });
    const go = gate();
    const flights = [pkg.wait_for(new Promise(() => {})), pkg.fail_later_poll('abort', go.opens)];
    await next(pkg, 'recycled');
    drained = next(pkg, 'drained');
    go.open();
    expect((await Promise.allSettled(flights)).map(({ status: is }) => is)).toEqual(['rejected', 'rejected']);
    expect(await drained).toMatchObject({ callsLost: 2 });
    const all = await points();
    expect(all[lost]).toMatchObject([{ value: 3 }]);
    expect(all['wasm_revive.drains']).toMatchObject([{ attributes: { ...MODULE, 'error.type': 'REVIVE_INSTANCE_LOST' }, value: 2 }]);
  });

  it('says in the span of the call after which it was noticed that a policy can not be carried out, or in the log', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue();
    const pkg = loadInstrumented({ recycle: { memoryBytes: 65_536 } });
    await request('within', async () => {
      pkg.add(1, 2);
      await Promise.resolve();
    });
    expect(events().within).toEqual([
      {
        name: 'wasm_revive.recycle_failed',
        attributes: {
          ...MODULE,
          'wasm_revive.generation': 1,
          'wasm_revive.recycle.reason': 'memory',
          'error.type': 'RangeError',
          'wasm_revive.error.message': expect.stringContaining('Raise the mark'),
        },
      },
    ]);
    expect(log).not.toHaveBeenCalled();
    pkg.__revive.configure({ recycle: { memoryBytes: 65_537 } });
    pkg.add(1, 2);
    await Promise.resolve();
    expect(log.mock.calls).toEqual([[expect.stringContaining("can't be recycled"), expect.any(RangeError)]]);
    expect((await points())['wasm_revive.recycles']).toEqual([
      {
        attributes: { ...MODULE, 'wasm_revive.recycle.reason': 'memory', 'error.type': 'RangeError' },
        value: 2,
        unit: '{instance}',
      },
    ]);
  });
});

describe('state that the program persists', () => {
  it('counts what was restored, in bytes, and what could not be', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue();
    const pkg = loadInstrumented();
    pkg.ledger_up('a note');
    pkg.save_ledger('none');
    // The start function of the next instance uses it.
    const restored = next(pkg, 'restored') as Promise<{ bytes: number }>;
    await request('failing', () => pkg.fail('abort'));
    const { bytes } = await restored;
    expect(pkg.ledger()).toBe(1);
    await request('newer', async () => {
      expect(pkg.newer_ledger()).toBe(1000);
      await Promise.resolve();
    });
    expect(events().newer).toEqual([
      {
        name: 'wasm_revive.persist_failed',
        attributes: {
          ...MODULE,
          'wasm_revive.generation': 2,
          'wasm_revive.persist.action': 'restore',
          'wasm_revive.persist.name': 'ledger',
          'wasm_revive.error.message': expect.stringMatching(/version 1.*version 2/),
        },
      },
    ]);
    expect(log).not.toHaveBeenCalled();
    pkg.__revive.configure({ maxPersistedBytes: 1 });
    expect(pkg.save_ledger('none')).toBe(false);
    await Promise.resolve();
    expect(log.mock.calls).toEqual([[expect.stringContaining('persists'), expect.objectContaining({ action: 'save' })]]);
    expect(await values('wasm_revive.persist_failures', 'wasm_revive.persist.action')).toEqual({ restore: 1, save: 1 });
    expect((await points())['wasm_revive.restore.size']).toMatchObject([
      { attributes: MODULE, unit: 'By', value: { count: 1, sum: bytes } },
    ]);
  });
});

it('two modules share instruments, and are told apart', async () => {
  const [one, other] = [load('abort'), load('abort')];
  const stop = instrument(one.__revive, { meterProvider });
  instrument({ ...other.__revive, module: 'other', state: 'draining' }, { meterProvider });
  const [error] = [await request('failing', () => one.fail('abort'))] as [ReviveError];
  expect(error.code).toBe('REVIVE_ABORT');
  const modules = async (): Promise<unknown[]> =>
    ((await points())['wasm_revive.status'] ?? []).filter(({ value }) => value === 1).map(({ attributes }) => attributes);
  expect(await modules()).toEqual([
    { ...MODULE, 'wasm_revive.state': expect.any(String) },
    { 'wasm_revive.module': 'other', 'wasm_revive.state': 'draining' },
  ]);
  stop();
  const asked = vi.spyOn(one.__revive, 'state', 'get');
  await points();
  expect(asked).not.toHaveBeenCalled();
});
