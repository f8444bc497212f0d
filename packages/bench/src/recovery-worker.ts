/** The process in which one variant is aborted and recovers, over and over. */
import { abortInstance, loadFixture } from './fixture.ts';
import { answer, nextTurn, weigh } from './worker-process.ts';

/** When the first call after an abort comes: in the same turn of the event loop, or in a later one. */
export type Arrival = 'at once' | 'later';

/** Asks for some more recoveries, or how much memory there is once the garbage is collected. */
export type RecoveryRequest = RecoverRequest | { readonly do: 'weigh' };

interface RecoverRequest {
  readonly do: 'recover';
  readonly file: string;
  readonly resetByHand: boolean;
  readonly arrival: Arrival;
  readonly recoveries: number;
}

/** What they took, in microseconds, one value a recovery. */
export interface RecoveryAnswer {
  /** The call that aborts, until its caller has the error. */
  readonly failing: number[];
  /** What was done before any other call came. */
  readonly between: number[];
  /** The first call after it. */
  readonly first: number[];
  /** The highest resident memory seen, in bytes. */
  readonly peakRss: number;
}

answer<RecoveryRequest>(async (request) => (request.do === 'weigh' ? weigh() : recover(request)));

async function recover({ file, resetByHand, arrival, recoveries }: RecoverRequest): Promise<RecoveryAnswer> {
  const fixture = loadFixture(file);
  const times: RecoveryAnswer = { failing: [], between: [], first: [], peakRss: 0 };
  let peakRss = 0;
  for (let i = 0; i < recoveries; i++) {
    for (let call = 0; call < 20; call++) fixture.empty();
    await nextTurn();
    const began = performance.now();
    abortInstance(fixture, resetByHand);
    const failed = performance.now();
    // Microtasks run in the order in which they were scheduled: what was scheduled by the abort has run after this.
    if (arrival === 'later') await undefined;
    const called = performance.now();
    fixture.empty();
    const ended = performance.now();
    times.failing.push((failed - began) * 1000);
    times.between.push((called - failed) * 1000);
    times.first.push((ended - called) * 1000);
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
  }
  return { ...times, peakRss };
}
