/** How mutated packages are drawn. */
import fc from 'fast-check';
import { INSERTS, MODULE_NAMES, type Mutation, ODD_WORDS } from './mutations.ts';

/** A package, and what is done to it. */
export interface Mutant {
  readonly origin: number;
  readonly mutations: readonly Mutation[];
}

// Not the edges above all, where fast-check likes to look.
const at = fc.noBias(fc.nat(99_999)).map((n) => n / 100_000);
const unit = fc.constantFrom('line' as const, 'token' as const);
const is = <D extends Mutation['do']>(name: D): fc.Arbitrary<D> => fc.constant(name);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('delete' as const, 'duplicate' as const),
      what: unit,
      at,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: is('swap'), what: unit, at, with: at }) },
  { weight: 8, arbitrary: fc.record({ do: is('replace'), at, by: fc.constantFrom(...ODD_WORDS) }) },
  { weight: 10, arbitrary: fc.record({ do: is('rename'), at, to: fc.constantFrom(...ODD_WORDS.filter((word) => /^[\w$]+$/.test(word))) }) },
  { weight: 4, arbitrary: fc.record({ do: is('rename-module'), to: fc.constantFrom(...MODULE_NAMES) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: is('insert'), at: fc.oneof(fc.constantFrom(0, 1), at), what: fc.constantFrom(...Object.keys(INSERTS)) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('truncate'), file: fc.constantFrom('glue' as const, 'wasm' as const, 'manifest' as const), at }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('line-ends'), end: fc.constantFrom('\r\n' as const, '\r' as const, '\u2028' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: is('flip'), at, bit: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ do: is('rename-in-wasm'), at }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('section'),
      name: fc.constantFrom('name', 'producers', 'wasm_revive', 'wasm_revive_unwinding', 'target_features', '', 'a\u2028b'),
      bytes: fc.nat(40),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is('file'),
      name: fc.constantFrom('package.json', 'wasm-revive.js', 'wasm-revive.d.ts', '.wasm-revive-staging', 'other_bg.wasm', 'other.js'),
      text: fc.constantFrom(
        '',
        '{}',
        '[]',
        'null',
        '{"type":"commonjs"}',
        '{"files":"all"}',
        '{"files":[1]}',
        '{"name":5,"main":[]}',
        '\ufeff{}',
        'not JSON',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('remove'), at }) },
);

/** Mutated packages. @param origins how many packages there are to mutate */
export function mutants(origins: number): fc.Arbitrary<Mutant> {
  return fc.record({ origin: fc.nat(origins - 1), mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }) });
}
