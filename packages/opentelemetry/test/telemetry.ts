/** The fixtures with the crates, and OpenTelemetry's own SDK with its exporters in memory. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context, metrics, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { ReviveError } from 'wasm-revive';
import type { Revive } from 'wasm-revive/runtime';
import { transform } from 'wasm-revive/transform';

/** What is used of the fixtures' exports. */
export interface Fixtures {
  ask_for_reinit(): boolean;
  add(a: number, b: number): number;
  fail(kind: string): void;
  /** Fails when the promise has settled. */
  fail_later_poll(kind: string, promise: Promise<unknown>): Promise<void>;
  fail_in_task(kind: string, promise: Promise<unknown>): Promise<number>;
  wait_for(promise: Promise<unknown>): Promise<unknown>;
  counting_closure(): () => void;
  ledger(): number;
  ledger_up(note: string): number;
  newer_ledger(): number;
  save_ledger(kind: string): boolean;
}

/** The fixtures with the control handle. */
export interface Package extends Fixtures {
  readonly __revive: Revive<Fixtures>;
}

/** The value of a data point. */
export interface Histogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: { readonly boundaries: number[] };
}

export const PANIC_MODES = ['abort', 'unwind'] as const;
const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-opentelemetry-'));
export const spans: InMemorySpanExporter = new InMemorySpanExporter();
let exporter: InMemoryMetricExporter;
export let meterProvider: MeterProvider;

beforeAll(() => {
  for (const panic of PANIC_MODES) {
    const dir = fileURLToPath(new URL(`../../../.artifacts/fixtures-revive/${panic}/nodejs`, import.meta.url));
    transform({ dir, outDir: join(folder, panic) });
  }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
});
afterEach(async () => {
  spans.reset();
  metrics.disable();
  await meterProvider.shutdown();
});

/** The fixtures with the crates, evaluated anew. */
export function load(panic: (typeof PANIC_MODES)[number]): Package {
  const dir = join(folder, panic);
  const wasm = readdirSync(dir).find((file) => file.endsWith('_bg.wasm')) ?? '';
  const file = join(dir, wasm.replace('_bg.wasm', '.js'));
  const require = createRequire(import.meta.url);
  delete require.cache[file];
  const pkg = require(file) as Package;
  pkg.__revive.configure({ maxRestarts: Number.POSITIVE_INFINITY });
  return pkg;
}

/** Runs something in a span of that name, and swallows what it throws. @returns what it threw */
export async function request(name: string, run: () => unknown): Promise<ReviveError | undefined> {
  return trace.getTracer('test').startActiveSpan(name, async (span: Span) => {
    try {
      await run();
      return undefined;
    } catch (error) {
      return error as ReviveError;
    } finally {
      span.end();
    }
  });
}

/** A promise, and what resolves it. */
export function gate(): { readonly opens: Promise<void>; open(): void } {
  let open = (): void => {};
  const opens = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opens, open };
}

/** The events of the finished spans, by the span's name. */
export function events(): Record<string, { name: string; attributes: unknown }[]> {
  return Object.fromEntries(
    spans.getFinishedSpans().map((span) => [span.name, span.events.map(({ name, attributes = {} }) => ({ name, attributes }))]),
  );
}

/** Every data point, by metric: its attributes and its value, or count and sum. */
export async function points(): Promise<Record<string, { attributes: unknown; value: unknown; unit: string }[]>> {
  await meterProvider.forceFlush();
  const all =
    exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
  return Object.fromEntries(
    all.map(({ descriptor: { name, unit }, dataPoints }) => [
      name,
      dataPoints.map(({ attributes, value }) => ({ attributes, value: value as unknown, unit })),
    ]),
  );
}
