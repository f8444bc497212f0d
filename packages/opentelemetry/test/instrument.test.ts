/** On a real package, with OpenTelemetry's own SDK and its exporters in memory. */
import { metrics, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { CrashReport, ReviveError } from 'wasm-revive';
import { failureAttributes, instrument } from '../src/index.js';
import { events, gate, type Histogram, load, meterProvider, PANIC_MODES, points, request, spans } from './telemetry.js';

const MODULE = { 'wasm_revive.module': 'wasm_revive_fixtures' };

describe('span events', () => {
  it('a call that fails says so in the span of its caller, and in no other', async () => {
    const pkg = load('abort');
    instrument(pkg.__revive, { meterProvider });
    const [, error] = await Promise.all([
      request('well before', () => pkg.add(1, 2)),
      request('failing', () => pkg.fail('panic-message')),
      request('well after', () => pkg.add(1, 2)),
    ]);
    expect(error?.code).toBe('REVIVE_ABORT');
    const frames = error?.report?.failure.kind === 'aborted' ? error.report.failure.frames : [];
    const stack = frames.map(({ function: name, index, offset }) => `\n    at ${name} (wasm-function[${index}]:0x${offset?.toString(16)})`);
    expect(stack.length).toBeGreaterThan(3);
    const { failing, ...others } = events();
    expect(others).toEqual({ 'well before': [], 'well after': [] });
    expect(failing).toEqual([
      {
        name: 'exception',
        attributes: {
          ...MODULE,
          'exception.type': 'REVIVE_ABORT',
          'exception.message': expect.stringMatching(/^Rust panicked in fail: the message of panic-message \(\S+fail\.rs:\d+:\d+\)$/),
          'exception.stacktrace': `REVIVE_ABORT: ${error?.message}${stack.join('')}`,
          'wasm_revive.kind': 'aborted',
          'wasm_revive.cause': 'panic-abort',
          'wasm_revive.fingerprint': error?.report?.fingerprint,
          'wasm_revive.build': error?.report?.build?.id,
          'wasm_revive.generation': 1,
          'wasm_revive.entrypoint': 'fail',
          'wasm_revive.recovery': 'fresh',
          'wasm_revive.calls_lost': 0,
        },
      },
    ]);
  });

  it('a panic that unwinds is told as one, without a cause', async () => {
    const pkg = load('unwind');
    instrument(pkg.__revive, { meterProvider });
    await request('failing', () => pkg.fail('panic-message'));
    const attributes = events().failing?.[0]?.attributes;
    expect(attributes).toMatchObject({ 'exception.type': 'REVIVE_PANIC', 'wasm_revive.kind': 'unwound', 'wasm_revive.recovery': 'keep' });
    expect(attributes).not.toHaveProperty('wasm_revive.cause');
  });

  it('an exception of JavaScript that came through Rust is told by its own name', async () => {
    const pkg = load('abort');
    instrument(pkg.__revive, { meterProvider });
    const error = await request('failing', () => pkg.fail('js-exception'));
    expect(events().failing?.[0]?.attributes).toMatchObject({
      'exception.type': error?.name,
      'wasm_revive.cause': 'foreign-exception',
    });
  });

  it.each(PANIC_MODES)('a task that fails in a later poll says so in the span of its call, panic=%s', async (panic) => {
    const pkg = load(panic);
    instrument(pkg.__revive, { meterProvider });
    const [go, before] = [gate(), gate()];
    const others = [request('before', () => pkg.wait_for(before.opens))];
    await new Promise(setImmediate);
    const failing = request('failing', () => pkg.fail_later_poll('panic-message', go.opens));
    await new Promise(setImmediate);
    others.push(request('after', () => pkg.wait_for(new Promise(() => {}))));
    await new Promise(setImmediate);
    go.open();
    const error = await failing;
    before.open();
    expect(error?.code).toBe(panic === 'abort' ? 'REVIVE_INSTANCE_LOST' : 'REVIVE_PANIC');
    await others[0];
    if (panic === 'abort') await others[1];
    const message = expect.stringContaining('the message of panic-message');
    expect(events()).toEqual({
      before: [],
      failing: [expect.anything()],
      ...(panic === 'abort' && { after: [] }),
    });
    expect(events().failing).toMatchObject([{ name: 'exception', attributes: { 'exception.message': message } }]);
  });

  it('calls that start in one tick share a context; each can say by itself what befell it', async () => {
    const pkg = load('unwind');
    instrument(pkg.__revive, { meterProvider });
    const calls = ['first', 'second'].map((name) =>
      request(name, async () => {
        try {
          await pkg.fail_later_poll(name === 'second' ? 'panic-message' : 'none', Promise.resolve());
        } catch (error) {
          trace.getActiveSpan()?.addEvent('exception', failureAttributes((error as ReviveError).report as CrashReport));
          throw error;
        }
      }),
    );
    const [, error] = await Promise.all(calls);
    expect(error?.code).toBe('REVIVE_PANIC');
    expect(events().second).toMatchObject([{ attributes: { 'exception.message': expect.stringContaining(error?.message ?? '-') } }]);
    expect((await points())['wasm_revive.failures']).toMatchObject([{ value: 1 }]);
  });

  it('a task is named by its number', async () => {
    const pkg = load('unwind');
    instrument(pkg.__revive, { meterProvider });
    await request('failing', () => pkg.fail_in_task('panic-message', Promise.resolve()));
    expect(events().failing).toMatchObject([{ attributes: { 'wasm_revive.task': expect.any(Number) } }]);
  });

  it('outside of any span, a failure is counted only', async () => {
    const pkg = load('abort');
    instrument(pkg.__revive, { meterProvider });
    expect(() => pkg.fail('abort')).toThrow();
    expect(pkg.add(1, 2)).toBe(3);
    expect(spans.getFinishedSpans()).toEqual([]);
    expect((await points())['wasm_revive.failures']).toHaveLength(1);
  });

  it('what is redacted stays so', async () => {
    const pkg = load('abort');
    pkg.__revive.configure({ redact: (text) => text.replaceAll('panic-message', '***') });
    instrument(pkg.__revive, { meterProvider });
    await request('failing', () => pkg.fail('panic-message'));
    const { attributes } = events().failing?.[0] ?? {};
    expect(attributes).toMatchObject({ 'exception.message': expect.stringContaining('the message of ***') });
    expect(JSON.stringify(attributes)).not.toContain('panic-message');
  });
});

describe('metrics', () => {
  it('count failures by kind and cause, recoveries, and the calls that were lost', async () => {
    const pkg = load('unwind');
    instrument(pkg.__revive, { meterProvider });
    expect(() => pkg.fail('panic-message')).toThrow();
    for (let i = 0; i < 2; i++) {
      expect(() => pkg.fail('oom')).toThrow();
      expect(pkg.add(1, 2)).toBe(3);
    }
    const inFlight = pkg.wait_for(new Promise(() => {}));
    expect(() => pkg.fail('abort')).toThrow();
    await expect(inFlight).rejects.toThrow();
    await new Promise(setImmediate);

    const found = await points();
    const aborted = { ...MODULE, 'wasm_revive.kind': 'aborted', 'wasm_revive.recovery': 'fresh' };
    expect(found['wasm_revive.failures']).toEqual([
      { attributes: { ...MODULE, 'wasm_revive.kind': 'unwound', 'wasm_revive.recovery': 'keep' }, value: 1, unit: '{failure}' },
      { attributes: { ...aborted, 'wasm_revive.cause': 'out-of-memory' }, value: 2, unit: '{failure}' },
      { attributes: { ...aborted, 'wasm_revive.cause': expect.any(String) }, value: 1, unit: '{failure}' },
    ]);
    expect(found['wasm_revive.calls_lost']).toEqual([{ attributes: MODULE, value: 1, unit: '{call}' }]);
    expect(found['wasm_revive.recoveries']).toEqual([{ attributes: MODULE, value: 3, unit: '{recovery}' }]);
  });

  it('measure recoveries in seconds, with boundaries that fit', async () => {
    const pkg = load('abort');
    const ms: number[] = [];
    pkg.__revive.on('recovered', (recovered) => ms.push(recovered.ms));
    instrument(pkg.__revive, { meterProvider });
    for (let i = 0; i < 3; i++) {
      expect(() => pkg.fail('abort')).toThrow();
      expect(pkg.add(1, 2)).toBe(3);
    }
    const [duration] = (await points())['wasm_revive.recovery.duration'] ?? [];
    expect(duration).toMatchObject({ attributes: MODULE, unit: 's' });
    const { count, sum, buckets } = (duration as { value: unknown }).value as Histogram;
    expect(count).toBe(3);
    expect(sum).toBeCloseTo(ms.reduce((all, one) => all + one, 0) / 1000, 6);
    // OpenTelemetry's own begin with 0 and 5.
    expect(buckets.boundaries.filter((boundary) => boundary > 0 && boundary < 0.01).length).toBeGreaterThan(3);
  });

  it('go to the global provider unless another is given', async () => {
    metrics.setGlobalMeterProvider(meterProvider);
    const pkg = load('abort');
    instrument(pkg.__revive);
    expect(() => pkg.fail('abort')).toThrow();
    expect((await points())['wasm_revive.failures']).toHaveLength(1);
  });
});

it('says nothing more once it is stopped', async () => {
  const pkg = load('abort');
  const stop = instrument(pkg.__revive, { meterProvider });
  stop();
  stop();
  await request('failing', () => pkg.fail('abort'));
  expect(pkg.add(1, 2)).toBe(3);
  expect(events().failing).toEqual([]);
  expect(await points()).toEqual({});
});

it('without an SDK it does nothing, and breaks nothing', () => {
  const pkg = load('abort');
  instrument(pkg.__revive);
  expect(() => pkg.fail('abort')).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
  expect(pkg.add(1, 2)).toBe(3);
});
