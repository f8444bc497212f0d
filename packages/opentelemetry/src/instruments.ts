import type { Attributes, Counter, Histogram, Meter, ObservableUpDownCounter } from '@opentelemetry/api';

/** In seconds. A fresh instance takes a fraction of a millisecond when one stands in reserve, and seconds where a pause comes before it. */
const RECOVERY_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Up to the 16 MiB that an instance may have saved by default. */
const SAVED_BYTES = [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

/** All instruments. Those of the same name, made for several modules, are one: the attribute `wasm_revive.module` tells them apart. */
export interface Instruments {
  readonly failures: Counter;
  readonly callsLost: Counter;
  readonly recoveries: Counter;
  readonly duration: Histogram;
  readonly transitions: Counter;
  readonly retries: Counter;
  readonly recycles: Counter;
  readonly drains: Counter;
  readonly givenUp: Counter;
  readonly staleUses: Counter;
  readonly restoredSize: Histogram;
  readonly persistFailures: Counter;
  readonly status: ObservableUpDownCounter<Attributes>;
}

export function instrumentsOf(meter: Meter): Instruments {
  const counter = (name: string, unit: string, description: string): Counter =>
    meter.createCounter(`wasm_revive.${name}`, { unit: `{${unit}}`, description });
  return {
    failures: counter('failures', 'failure', 'Panics and aborts.'),
    callsLost: counter(
      'calls_lost',
      'call',
      'Calls in flight that were rejected because their instance was lost, or had drained for too long.',
    ),
    recoveries: counter('recoveries', 'recovery', 'Fresh instances that took over.'),
    duration: meter.createHistogram('wasm_revive.recovery.duration', {
      unit: 's',
      description: 'From a failure until a fresh instance served.',
      advice: { explicitBucketBoundaries: RECOVERY_SECONDS },
    }),
    transitions: counter('breaker.transitions', 'transition', 'Changes of the circuit breakers of all instances.'),
    retries: counter('retries', 'retry', 'Calls that were run again because their instance was lost.'),
    recycles: counter('recycles', 'instance', 'Instances that the option `recycle` has replaced, or could not replace.'),
    drains: counter('drains', 'instance', 'Instances that have ended after they were replaced, evicted or disposed of.'),
    givenUp: counter('given_up', 'instance', 'Instances that were given up because all took more than the option `memoryBudgetMiB`.'),
    staleUses: counter('stale_uses', 'use', 'Calls of closures of lost instances, which did nothing.'),
    restoredSize: meter.createHistogram('wasm_revive.restore.size', {
      unit: 'By',
      description: 'What instances began with of each value that the program had saved.',
      advice: { explicitBucketBoundaries: SAVED_BYTES },
    }),
    persistFailures: counter('persist_failures', 'failure', 'Values of the program that could not be saved, or not be restored.'),
    status: meter.createObservableUpDownCounter('wasm_revive.status', {
      unit: '1',
      description: 'The state of the module: 1 for the one that it is in, 0 for all others.',
    }),
  };
}
