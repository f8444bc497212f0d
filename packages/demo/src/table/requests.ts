import { createRandom } from '../random.ts';
import { goodWork } from './good-work.ts';
import { POISONS, type PoisonName } from './poison.ts';

/** What a request asks of the service. Times are milliseconds after its arrival. */
export type Work =
  | { readonly kind: 'render'; readonly source: string }
  | { readonly kind: 'excerpt'; readonly source: string; readonly length: number }
  | {
      readonly kind: 'publish';
      readonly body: string | null;
      readonly length: number;
      readonly bodyAt: number;
      readonly storedAt: number;
      readonly storage: 'works' | 'full';
    }
  | { readonly kind: 'thumbnail'; readonly picture: Uint8Array; readonly side: number }
  | { readonly kind: 'upload'; readonly picture: Uint8Array; readonly side: number; readonly bodyAt: number }
  | { readonly kind: 'evaluate'; readonly formula: string }
  | { readonly kind: 'order'; readonly json: string }
  | { readonly kind: 'column'; readonly csv: string; readonly column: string }
  | { readonly kind: 'search'; readonly pattern: string; readonly text: string }
  | { readonly kind: 'open'; readonly id: string }
  | { readonly kind: 'add'; readonly id: string; readonly amount: number }
  | { readonly kind: 'balance'; readonly id: string }
  | { readonly kind: 'transfer'; readonly from: string; readonly to: string }
  | { readonly kind: 'visit' }
  | { readonly kind: 'audit'; readonly line: string }
  | { readonly kind: 'review'; readonly count: number; readonly visitor: 'reads' | 'writes' }
  | { readonly kind: 'button'; readonly button: 'panic' | 'abort' };

/** The work whose answer depends on what was asked before. */
export type StatefulWork = Extract<Work, { kind: 'open' | 'add' | 'balance' | 'visit' | 'audit' | 'review' }>;

/** One request. With `poison` it must fail, for the reason it names; without, it must be answered rightly. */
export interface Request {
  readonly index: number;
  readonly work: Work;
  readonly poison?: PoisonName;
  /** What the answer must be, where it is known without asking the service. */
  readonly known?: string;
}

/** How many requests in a hundred are poison. */
const POISON_PERCENT = 10;

/** The same requests for the same seed. Every poison occurs, from the second hundred requests on if there are that many. */
export function makeRequests(seed: number, count: number): Request[] {
  const random = createRandom(seed);
  const good = goodWork(random);
  const names = Object.keys(POISONS) as [PoisonName, ...PoisonName[]];
  let turn = random.between(0, names.length - 1);
  return Array.from({ length: count }, (_, index): Request => {
    if (random.chance(POISON_PERCENT / 100)) {
      // In turn rather than at random, so that none is missing.
      const poison = names[turn++ % names.length] ?? names[0];
      return { index, work: POISONS[poison].work(random), poison };
    }
    return { index, ...good.next() };
  });
}
