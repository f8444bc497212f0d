/** The process in which one variant is aborted and recovers, over and over. */
import { abortInstance, loadFixture } from './fixture.ts';
import { answer } from './worker-process.ts';

/** When the first call after an abort comes: in the same turn of the event loop, or in a later one. */
export type Arrival = 'at once' | 'later';

/** Asks for some more recoveries. */
export interface RecoveryRequest {
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
  /** Resident memory in bytes, after a garbage collection. */
  readonly rss: number;
  /** The highest resident memory seen. */
  readonly peakRss: number;
}

answer<RecoveryRequest>(async ({ file, resetByHand, arrival, recoveries }) => {
  const fixture = loadFixture(file);
  const [failing, between, first]: number[][] = [[], [], []] as const;
  let peakRss = 0;
  for (let i = 0; i < recoveries; i++) {
    for (let call = 0; call < 20; call++) fixture.empty();
    // As between two requests.
    await new Promise((resolve) => setImmediate(resolve));
    const began = performance.now();
    abortInstance(fixture, resetByHand);
    const failed = performance.now();
    // Microtasks run in the order in which they were scheduled: what was scheduled by the abort has run after this.
    if (arrival === 'later') await undefined;
    const called = performance.now();
    fixture.empty();
    const ended = performance.now();
    failing?.push((failed - began) * 1000);
    between?.push((called - failed) * 1000);
    first?.push((ended - called) * 1000);
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
  }
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  return { failing, between, first, rss: process.memoryUsage.rss(), peakRss };
});
