/** What can be seen of a package, mutated or not, transformed or not. */

import type { AllFixtures } from '../runner/behaviour/all-fixtures.ts';
import { behaviour } from '../runner/behaviour/behaviour.ts';
import { written } from '../runner/behaviour/written.ts';
import { codeOf } from '../runner/checks.ts';

/** Why it can't be seen, or what every use of it gives, and what a call gives after an abort. */
export type Seen =
  | { readonly ended: string }
  | { readonly uses: Readonly<Record<string, string>>; readonly aborts: boolean; readonly recovers: string; readonly uncaught?: number };

/** Uses a package, and aborts it in the end. */
export async function see(ns: AllFixtures): Promise<Seen> {
  const uses = await behaviour(ns);
  const before = attempt(() => ns.add(2, 3));
  let aborts = false;
  try {
    ns.fail('unreachable');
  } catch (error) {
    aborts = error instanceof WebAssembly.RuntimeError || codeOf(error) === 'REVIVE_ABORT';
  }
  const after = attempt(() => ns.add(2, 3));
  return { uses, aborts, recovers: after === before ? 'yes' : `${after} in place of ${before}` };
}

function attempt(call: () => unknown): string {
  try {
    return written(call());
  } catch (error) {
    return `threw ${written(error)}`;
  }
}
