/** What can be seen of a package, mutated or not, transformed or not. */

import type { AllFixtures } from '../runner/behaviour/all-fixtures.ts';
import { behaviour } from '../runner/behaviour/behaviour.ts';
import { written } from '../runner/behaviour/written.ts';
import { codeOf } from '../runner/checks.ts';

/** Why it can't be seen, or what every use of it gives, and what a call gives after an abort. */
export type Seen =
  | { readonly ended: string }
  | {
      readonly uses: Readonly<Record<string, string>>;
      /** By use: what was thrown, or rejected with, and nobody was there to catch. */
      readonly uncaught: Readonly<Record<string, readonly string[]>>;
      readonly aborts: boolean;
      readonly recovers: string;
    };

/** Uses a package, and aborts it in the end. @param takeUncaught gives what nobody has caught since it was called last */
export async function see(ns: AllFixtures, takeUncaught: () => unknown[]): Promise<Seen> {
  const uncaught: Record<string, string[]> = {};
  const uses = await behaviour(ns, async (name) => {
    // Node.js looks for rejections that nobody handles when there are no more microtasks.
    await new Promise((resolve) => setImmediate(resolve));
    const taken = takeUncaught();
    if (taken.length > 0) uncaught[name] = taken.map(written);
  });
  const before = attempt(() => ns.add(2, 3));
  let aborts = false;
  try {
    ns.fail('unreachable');
  } catch (error) {
    aborts = error instanceof WebAssembly.RuntimeError || codeOf(error) === 'REVIVE_ABORT';
  }
  const after = attempt(() => ns.add(2, 3));
  return { uses, uncaught, aborts, recovers: after === before ? 'yes' : `${after} in place of ${before}` };
}

function attempt(call: () => unknown): string {
  try {
    return written(call());
  } catch (error) {
    return `threw ${written(error)}`;
  }
}
