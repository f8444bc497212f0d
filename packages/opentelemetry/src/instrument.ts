import { type Attributes, type MeterProvider, metrics, type ObservableResult, trace } from '@opentelemetry/api';
import { type CrashReport, complain, inMicrotask } from '@wasm-revive/kernel';
import type { EventName, Events, Revive, ReviveState } from '@wasm-revive/reinit-manager';
import { errorAttributes, errorType, eventAttributes } from './event-attributes.js';
import { failureAttributes } from './failure-attributes.js';
import { type Instruments, instrumentsOf } from './instruments.js';

/** What is asked of a control handle, `__revive`. */
export type InstrumentedModule = Pick<Revive, 'module' | 'state' | 'events' | 'on'>;

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Default: the one that is registered globally when {@link instrument} is called. */
  readonly meterProvider?: MeterProvider;
}

/** What is done with each event. */
type Listeners = { readonly [E in EventName]: (event: Events[E]) => void };

const STATES: Readonly<Record<ReviveState, true>> = {
  idle: true,
  running: true,
  recovering: true,
  open: true,
  retired: true,
  draining: true,
  disposed: true,
};

/**
 * Tells OpenTelemetry what happens to a module.
 *
 * Every failure becomes an event `exception` (semantic conventions, "Exceptions on spans") of the span that is active where it is noticed:
 * on the stack of the call that fails, so in the span of who called. Other events that concern a call are events of the span that is active
 * when they happen, `wasm_revive.retried` and so on.
 *
 * Note: a task is polled in the context of whoever woke wasm-bindgen's executor. That is its own call's, unless several calls start in one
 * tick: the first of them polls for all, and from then on their tasks have its context. If its span has ended, the event is dropped; the
 * counters are right all the same, and each call has the report in the error that it is rejected with, see `failureAttributes`.
 *
 * Every event is counted. The metrics have the attribute `wasm_revive.module`, and others with few values each; keys of instances are in span
 * events alone. The package's README has the list.
 *
 * @returns stops it; nothing the second time
 */
export function instrument(revive: InstrumentedModule, { meterProvider = metrics.getMeterProvider() }: InstrumentOptions = {}): () => void {
  const instruments = instrumentsOf(meterProvider.getMeter('@wasm-revive/opentelemetry'));
  const listeners = listenersOf(revive.module, instruments);
  const listen = <E extends EventName>(name: E): (() => void) => revive.on(name, listeners[name]);
  const observe = (result: ObservableResult): void => {
    const { module, state } = revive;
    for (const name of Object.keys(STATES)) {
      result.observe(name === state ? 1 : 0, { 'wasm_revive.module': module, 'wasm_revive.state': name });
    }
  };
  instruments.status.addCallback(observe);
  // Those of the module's own version that this one knows, too.
  const stops = revive.events.filter((name) => Object.hasOwn(listeners, name)).map(listen);
  return () => {
    instruments.status.removeCallback(observe);
    for (const stop of stops) stop();
  };
}

function listenersOf(module: string, to: Instruments): Listeners {
  const own = { 'wasm_revive.module': module };
  /** Gives whether a span has taken it: there may be none, or one that has ended. Only then are the attributes read. */
  const addEvent = (name: string, attributes: () => Attributes): boolean => {
    const span = trace.getActiveSpan();
    if (span?.isRecording() !== true) return false;
    span.addEvent(name, attributes());
    return true;
  };
  const changed = (state: 'open' | 'half-open' | 'closed' | 'retired'): void =>
    to.transitions.add(1, { ...own, 'wasm_revive.breaker.state': state });
  /** For what the runtime logs where nobody listens: now that somebody does, it is logged where no span takes it. */
  const addEventOrLog = (name: string, attributes: () => Attributes, what: string, why: unknown): void => {
    if (!addEvent(name, attributes)) complain(what, why);
  };
  /** Instances whose failure was reported in this microtask. If one of them was draining, `drained` comes in the next, with the same calls. */
  const lost = new Set<string>();
  const whose = ({ instance, generation }: { readonly instance?: string; readonly generation: number }): string =>
    JSON.stringify([instance, generation]);
  return {
    failure(report) {
      addEvent('exception', () => failureAttributes(report));
      to.failures.add(1, kindOf(report));
      to.callsLost.add(report.callsLost, own);
      if (report.recovery === 'keep' || report.recovery === 'rollback') return;
      const key = whose(report);
      lost.add(key);
      inMicrotask(() => lost.delete(key));
    },
    recovered({ ms }) {
      to.recoveries.add(1, own);
      to.duration.record(ms / 1000, own);
    },
    recycled({ reason }) {
      to.recycles.add(1, { ...own, 'wasm_revive.recycle.reason': reason });
    },
    recycleFailed(event) {
      const { reason, error } = event;
      const why = { 'wasm_revive.recycle.reason': reason };
      to.recycles.add(1, { ...own, ...why, 'error.type': errorType(error) });
      const attributes = (): Attributes => eventAttributes(module, event, { ...why, ...errorAttributes(error) });
      addEventOrLog('wasm_revive.recycle_failed', attributes, `${module} can't be recycled`, error);
    },
    drained(event) {
      const { callsLost } = event;
      to.drains.add(1, { ...own, ...(callsLost > 0 && { 'error.type': 'REVIVE_INSTANCE_LOST' }) });
      if (!lost.has(whose(event))) to.callsLost.add(callsLost, own);
    },
    overBudget({ givenUp }) {
      to.givenUp.add(1, { ...own, 'wasm_revive.given_up': givenUp });
    },
    stale(event) {
      to.staleUses.add(1, own);
      addEvent('wasm_revive.stale', () => eventAttributes(module, event));
    },
    retried(event) {
      to.retries.add(1, own);
      addEvent('wasm_revive.retried', () => eventAttributes(module, event, errorAttributes(event.error)));
    },
    restored({ bytes }) {
      to.restoredSize.record(bytes, own);
    },
    persistFailed(event) {
      const { name, action, reason } = event;
      const what = { 'wasm_revive.persist.action': action };
      to.persistFailures.add(1, { ...own, ...what });
      const others = { ...what, 'wasm_revive.persist.name': name, 'wasm_revive.error.message': reason };
      addEventOrLog('wasm_revive.persist_failed', () => eventAttributes(module, event, others), 'state that the program persists', event);
    },
    opened(event) {
      changed('open');
      const others = { 'wasm_revive.retry_after': event.retryAfter / 1000, ...errorAttributes(event.error) };
      addEvent('wasm_revive.opened', () => eventAttributes(module, event, others));
    },
    probing(event) {
      changed('half-open');
      addEvent('wasm_revive.probing', () => eventAttributes(module, event));
    },
    closed(event) {
      changed('closed');
      addEvent('wasm_revive.closed', () => eventAttributes(module, event));
    },
    retired(error) {
      changed('retired');
      addEvent('wasm_revive.retired', () => eventAttributes(module, {}, errorAttributes(error)));
    },
  };
}

/** Few values each: entrypoints and fingerprints are for events. */
function kindOf({ failure, recovery, module }: CrashReport): Record<string, string> {
  return {
    'wasm_revive.module': module,
    'wasm_revive.kind': failure.kind,
    'wasm_revive.recovery': recovery,
    ...(failure.kind === 'aborted' && { 'wasm_revive.cause': failure.cause }),
  };
}
