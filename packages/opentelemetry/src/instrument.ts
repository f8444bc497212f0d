import { type Meter, type MeterProvider, metrics, trace } from '@opentelemetry/api';
import type { CrashReport } from '@wasm-revive/kernel';
import type { Revive } from '@wasm-revive/reinit-manager';
import { failureAttributes } from './failure-attributes.js';

/** What is asked of a control handle, `__revive`. */
export type InstrumentedModule = Pick<Revive, 'module' | 'on'>;

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Default: the one that is registered globally when {@link instrument} is called. */
  readonly meterProvider?: MeterProvider;
}

/** In seconds. A fresh instance takes a fraction of a millisecond when one stands in reserve; the default boundaries are for requests. */
const RECOVERY_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/**
 * Tells OpenTelemetry of a module's failures and recoveries.
 *
 * Every failure becomes an event `exception` (semantic conventions, "Exceptions on spans") of the span that is active where it is noticed:
 * on the stack of the call that fails, so in the span of who called.
 *
 * Note: a task is polled in the context of whoever woke wasm-bindgen's executor. That is its own call's, unless several calls start in one
 * tick: the first of them polls for all, and from then on their tasks have its context. If its span has ended, the event is dropped; the
 * counters are right all the same, and each call has the report in the error that it is rejected with, see `failureAttributes`.
 *
 * Metrics, all with the attribute `wasm_revive.module`:
 * - `wasm_revive.failures`, counter, with `wasm_revive.kind`, `wasm_revive.recovery` and, of aborts, `wasm_revive.cause`
 * - `wasm_revive.calls_lost`, counter of calls that were in flight and were rejected
 * - `wasm_revive.recoveries`, counter of fresh instances that took over
 * - `wasm_revive.recovery.duration`, histogram in seconds, from the failure until the fresh instance served
 *
 * @returns stops it; nothing the second time
 */
export function instrument(revive: InstrumentedModule, { meterProvider = metrics.getMeterProvider() }: InstrumentOptions = {}): () => void {
  const { failures, callsLost, recoveries, duration } = instruments(meterProvider.getMeter('@wasm-revive/opentelemetry'));
  const stops = [
    revive.on('failure', (report) => {
      trace.getActiveSpan()?.addEvent('exception', failureAttributes(report));
      failures.add(1, kindOf(report));
      callsLost.add(report.callsLost, moduleOf(report));
    }),
    revive.on('recovered', ({ ms }) => {
      recoveries.add(1, moduleOf(revive));
      duration.record(ms / 1000, moduleOf(revive));
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function instruments(meter: Meter) {
  return {
    failures: meter.createCounter('wasm_revive.failures', { unit: '{failure}', description: 'Panics and aborts.' }),
    callsLost: meter.createCounter('wasm_revive.calls_lost', {
      unit: '{call}',
      description: 'Calls in flight that were rejected because their instance was lost.',
    }),
    recoveries: meter.createCounter('wasm_revive.recoveries', { unit: '{recovery}', description: 'Fresh instances that took over.' }),
    duration: meter.createHistogram('wasm_revive.recovery.duration', {
      unit: 's',
      description: 'From a failure until a fresh instance served.',
      advice: { explicitBucketBoundaries: RECOVERY_SECONDS },
    }),
  };
}

function moduleOf({ module }: { readonly module: string }): Record<string, string> {
  return { 'wasm_revive.module': module };
}

/** Few values each: entrypoints and fingerprints are for events. */
function kindOf({ failure, recovery, module }: CrashReport): Record<string, string> {
  return {
    ...moduleOf({ module }),
    'wasm_revive.kind': failure.kind,
    'wasm_revive.recovery': recovery,
    ...(failure.kind === 'aborted' && { 'wasm_revive.cause': failure.cause }),
  };
}
