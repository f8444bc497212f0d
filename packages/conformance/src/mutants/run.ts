/** Mutates, transforms and judges packages one after the other, until time is up or something is wrong. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Files, mutate, readFiles } from './apply.ts';
import { type Mutant, mutants } from './arbitrary.ts';
import { difference } from './difference.ts';
import { judge, type Verdict } from './judge.ts';
import type { Mutation } from './mutations.ts';

/** What to run. */
export interface Wanted {
  readonly origins: readonly { readonly dir: string; readonly target: string }[];
  readonly seed: number;
  readonly ms: number;
  /** fast-check's path to one mutant, to repeat that alone. */
  readonly path?: string;
  /** To judge this one alone, in place of those that are drawn. */
  readonly mutant?: Mutant;
  /** Kinds of mutations, and what is in them, to leave out while a fault in them is known. */
  readonly without?: readonly string[];
  /** Whether what was transformed is made wrong, to see that it is noticed. */
  readonly spoilt?: boolean;
}

/** What came of it. */
export interface Ran {
  readonly refused: number;
  readonly accepted: number;
  /** Of those, the ones that were compared with the untransformed package. */
  readonly compared: number;
  readonly wrong?: Wrong;
}

/** Something that is not as it has to be. */
export interface Wrong {
  readonly what: string;
  readonly seed: number;
  readonly path: string;
  readonly mutant: string;
}

/** See the file. @param progress told of each mutant before it is judged, for one may end the process */
export async function runMutants(wanted: Wanted, progress: (line: object) => void): Promise<Ran> {
  const { origins, seed, spoilt } = wanted;
  const until = performance.now() + wanted.ms;
  const without = new Set(wanted.without);
  const files = origins.map(({ dir }) => readFiles(dir));
  const counts = { refused: 0, accepted: 0, compared: 0 };
  let index = 0;
  const judged = async ({ origin, mutations }: Mutant): Promise<Verdict> => {
    progress({ judging: describe(origins[origin]?.dir ?? '', mutations), seed, path: wanted.path ?? String(index) });
    const mutated = mutations.reduce(mutate, files[origin] as Files);
    return judge(mutated, origins[origin]?.target ?? '', spoilt ? spoil : undefined);
  };
  const result = await fc.check(
    fc.asyncProperty(wanted.mutant ? fc.constant(wanted.mutant) : mutants(origins.length), async (mutant) => {
      fc.pre(performance.now() < until || wanted.path !== undefined);
      const verdict: Verdict = mutant.mutations.some((mutation) => isLeftOut(mutation, without))
        ? { is: 'refused', code: '' }
        : await judged(mutant);
      index++;
      if (verdict.is === 'wrong') throw new Error(verdict.what);
      counts[verdict.is]++;
      if (verdict.is === 'accepted' && verdict.loads) counts.compared++;
    }),
    // As many as there is time for: those that are drawn when it is over are skipped.
    {
      seed,
      numRuns: wanted.mutant || wanted.path !== undefined ? 1 : 1_000_000,
      maxSkipsPerRun: 0,
      endOnFailure: true,
      ...(wanted.path !== undefined && { path: wanted.path }),
    },
  );
  const failed = result.counterexample?.[0];
  if (!result.failed || failed === undefined || result.errorInstance === undefined) return counts;
  const smallest = await simplify(failed, judged);
  const verdict = await judged(smallest);
  const what = verdict.is === 'wrong' ? verdict.what : 'it was wrong once, and is not any more';
  const before = files[smallest.origin] as Files;
  const after = smallest.mutations.reduce(mutate, before);
  const mutant = `${describe(origins[smallest.origin]?.dir ?? '', smallest.mutations)}\n${difference(before, after)}`;
  return { ...counts, wrong: { what, seed, path: result.counterexamplePath ?? '', mutant } };
}

/** Leaves out mutations as long as what is left is wrong. */
async function simplify(mutant: Mutant, judged: (mutant: Mutant) => Promise<Verdict>): Promise<Mutant> {
  for (const left of mutant.mutations) {
    const simpler = { ...mutant, mutations: mutant.mutations.filter((mutation) => mutation !== left) };
    if (simpler.mutations.length > 0 && (await judged(simpler)).is === 'wrong') return simplify(simpler, judged);
  }
  return mutant;
}

function isLeftOut(mutation: Mutation, without: ReadonlySet<string>): boolean {
  return Object.values(mutation).some((value) => without.has(String(value)));
}

function describe(dir: string, mutations: readonly Mutation[]): string {
  return `${dir}: ${mutations.map((mutation) => JSON.stringify(mutation)).join(', ')}`;
}

/** Adds up wrong, in the place of an emitter that is broken. */
function spoil(dir: string): void {
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.js') && !name.startsWith('wasm-revive'))) {
    const code = readFileSync(join(dir, file), 'utf8');
    writeFileSync(join(dir, file), code.replaceAll(/function add\(a, b\) \{/g, '$& b = a;'));
  }
}
