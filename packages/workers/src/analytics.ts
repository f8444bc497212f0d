import * as workerd from 'cloudflare:workers';
import { complain } from '@wasm-revive/kernel';
import type { FailureRecordLine } from './options.js';

/** What is used of a dataset of Workers Analytics Engine. */
interface Dataset {
  writeDataPoint(point: AnalyticsPoint): void;
}

/** A data point of Workers Analytics Engine. */
export interface AnalyticsPoint {
  /** What is sampled by: the failure's fingerprint. */
  readonly indexes: readonly [fingerprint: string];
  /**
   * From `blob1` on: message, module, build, kind, cause, recovery, the entrypoints that may have caused it, the object, the error's id. Empty where nothing
   * is known.
   */
  readonly blobs: readonly string[];
  /** From `double1` on: calls lost, generation. */
  readonly doubles: readonly number[];
}

/** All texts of a point may have 16 KB together. */
const LONGEST = 1_000;

/** What a failure is in a dataset. */
export function analyticsPoint({ message, errorId, calls, report }: FailureRecordLine): AnalyticsPoint {
  const { module, build, failure, recovery, instance, fingerprint, callsLost, generation } = report;
  const cause = failure.kind === 'aborted' ? failure.cause : undefined;
  const texts = [message, module, build?.id, failure.kind, cause, recovery, calls.join(' '), instance, errorId];
  return { indexes: [fingerprint], blobs: texts.map((text = '') => text.slice(0, LONGEST)), doubles: [callsLost, generation] };
}

/**
 * Writes failures to a dataset.
 * @param binding its name in `env`
 * @throws TypeError where there is no dataset of that name
 */
export function analyticsOf(binding: string): (line: FailureRecordLine) => void {
  const dataset = (workerd.env as Record<string, Dataset | undefined> | undefined)?.[binding];
  if (typeof dataset?.writeDataPoint !== 'function') {
    throw new TypeError(
      `wasm-revive: failures are to be written to ${binding}, and there is no such binding of an Analytics Engine dataset.`,
    );
  }
  return (line) => {
    try {
      dataset.writeDataPoint(analyticsPoint(line));
    } catch (error) {
      // It must not get in the way of what is done after the failure.
      complain('Analytics Engine failed', error);
    }
  };
}
