/** What of JavaScript's values a state leaves Rust with, so that no wasm file can begin in it. */
import type { Plugin } from '@wasm-revive/kernel';
import { afterAll, describe, expect, it } from 'vitest';
import { heldValues, stateOf } from '../src/prewarm/held-values.js';
import { type Package as Fixtures, load, RUNTIME, removeFolders } from './fixtures.js';

interface Package extends Fixtures {
  hold(name: string, value: unknown): void;
  length_adder(): (text: string) => number;
}

afterAll(removeFolders);

describe.each(['fixtures', 'fixtures-mvp'])('%s', (name) => {
  /** The state of an instance, and which places of its table the glue has filled. */
  function make(): { readonly module: Package; held(): string[] } {
    const module = load<Package>('abort', RUNTIME, name, 'copy');
    let table: WebAssembly.Table | undefined;
    const look: Plugin = {
      name: 'table',
      instantiated: ({ exports }) => {
        table = exports?.__wasm_revive_references as WebAssembly.Table | undefined;
      },
    };
    module.__revive.use(look);
    module.__revive.reset();
    const all = (): unknown[] => Array.from({ length: table?.length ?? 0 }, (_, place) => table?.get(place) as unknown);
    module.bump();
    const given = all().flatMap((value, place) => (value === null ? [] : [place]));
    return { module, held: () => heldValues(stateOf(module.__revive.checkpoint()).values, given) };
  }

  it('finds nothing where nothing is held, though values have come and gone', () => {
    const { module, held } = make();
    expect(held()).toEqual([]);
    for (let nth = 0; nth < 300; nth++) module.same({ nth });
    expect(module.echo('ä')).toBe('ä');
    expect(held()).toEqual([]);
  });

  it('names what is held', () => {
    const { module, held } = make();
    for (const value of ['text', 7, { own: true }, [1], console, new Map()]) module.hold(`a ${typeof value} ${String(value)}`, value);
    module.same({});
    expect(held().sort()).toEqual(
      ['a number', 'a string', "the host's object console", ...['array', 'map', 'object'].map((kind) => `one of kind ${kind}`)].sort(),
    );
  });

  it('names `undefined`, and where it has a place of its own `null`', () => {
    const { module, held } = make();
    for (const value of [undefined, null]) module.hold(String(value), value);
    // In a table, a place that has null is as one that is free.
    expect(held().sort()).toEqual(name === 'fixtures' ? ['a undefined'] : ['a null', 'a undefined']);
  });
});
