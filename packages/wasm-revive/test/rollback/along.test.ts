/** What goes along with a saved state: handles, and objects of the program's that another process has its own of. And a state by its pages. */
import { createRequire } from 'node:module';
import { joinState, splitState } from '@wasm-revive/kernel';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from '../fixtures.js';

interface Package extends Fixtures {
  bump_static(): number;
  held(name: string): unknown;
  hold(name: string, value: unknown): void;
  leak(bytes: number): void;
}

const VARIANTS = [
  ['fixtures', 'abort'],
  ['fixtures', 'unwind'],
  ['fixtures-mvp', 'abort'],
] as const;

afterAll(removeFolders);

/** Something that can't be copied. */
class Connection {}

describe.each(VARIANTS)('%s, panic=%s', (name, panic) => {
  const entry = wasmFileOf(transformed('nodejs', panic, RUNTIME, name, 'rollback')).replace('_bg.wasm', '.js');
  /** As another process has it: nothing is shared. */
  const load = (): Package => {
    const require = createRequire(import.meta.url);
    delete require.cache[entry];
    return require(entry) as Package;
  };

  it('I7: handles come back as objects of their classes, and work on', () => {
    const module = load();
    const [one, two] = [new module.Counter(1), new module.Counter(10)];
    one.inc();
    const bytes = module.__revive.checkpoint({ handles: [two, one] });
    const other = load();
    for (const where of [{}, { instance: 'room' }]) {
      const [ten, two_] = other.__revive.restore(bytes, { ...where, handles: [other.Counter, other.Counter] }) as [typeof one, typeof one];
      expect([ten instanceof other.Counter, ten.inc(), two_.inc(), two_.inc()]).toEqual([true, 11, 3, 4]);
      ten.free();
      expect(two_.get()).toBe(4);
    }
  });

  it('I4, I9: what is no handle of the instance doesn’t go along, and classes that don’t fit change nothing', () => {
    const module = load();
    const counter = new module.Counter(1);
    const bytes = module.__revive.checkpoint({ handles: [counter] });
    const sibling = module.__revive.instance('room') as unknown as Package;
    const freed = new module.Counter(2);
    freed.free();
    const another = load();
    for (const handle of [{}, freed, new sibling.Counter(1), new another.Counter(1), { __wbg_ptr: 1024 }]) {
      expect(thrown(() => module.__revive.checkpoint({ handles: [handle] }))).toMatchObject({
        code: 'REVIVE_NOT_SAVED',
        message: expect.stringContaining('one is none of this instance'),
      });
    }
    for (const handles of [[], [module.Counter, module.Counter]]) {
      expect(thrown(() => module.__revive.restore(bytes, { handles }))).toMatchObject({
        code: 'REVIVE_NOT_RESTORED',
        message: expect.stringContaining('it has 1'),
      });
    }
    expect([counter.inc(), module.__revive.generation]).toEqual([2, 1]);
  });

  it.each(['Counter', 'Dog'] as const)(
    'I7: a handle that came back is there again where a turn is undone that has used it up (%s)',
    (cls) => {
      const module = load() as Package & { readonly Dog: new (name: string) => { readonly name: string; free(): void } };
      const bytes = module.__revive.checkpoint({ handles: [cls === 'Dog' ? new module.Dog('own') : new module.Counter(7)] });
      const [handle] = module.__revive.restore(bytes, { handles: [module[cls]] }) as [
        { get?(): number; readonly name?: string; free(): void },
      ];
      const read = (): unknown => (cls === 'Dog' ? handle.name : handle.get?.());
      const value = read();
      for (let round = 0; round < 2; round++) {
        const error = thrown(() =>
          module.nested(() => {
            handle.free();
            module.fail('abort');
          }),
        );
        expect(error).toMatchObject({ report: { recovery: 'rollback' } });
        expect(read()).toBe(value);
      }
      handle.free();
      expect(read).toThrow();
      thrown(() => module.fail('abort'));
      expect(read).toThrow();
    },
  );

  it('I7: what the program gives by a name is another one there, by the same name', () => {
    const module = load();
    const [mine, theirs] = [new Connection(), new Connection()];
    module.hold('connection', mine);
    module.hold('list', [mine, { mine }]);
    expect(thrown(() => module.__revive.checkpoint())).toMatchObject({ message: expect.stringContaining('1 Connection') });
    const bytes = module.__revive.checkpoint({ given: { connection: mine, again: mine } });
    const other = load();
    for (const given of [undefined, {}, { again: theirs }]) {
      expect(thrown(() => other.__revive.restore(bytes, { given }))).toMatchObject({
        code: 'REVIVE_NOT_RESTORED',
        message: expect.stringContaining('Rust holds what was given as `connection`'),
      });
    }
    other.__revive.restore(bytes, { given: { connection: theirs } });
    expect(other.held('connection')).toBe(theirs);
    const list = other.held('list') as [unknown, { mine: unknown }];
    expect([list[0] === theirs, list[1].mine === theirs]).toEqual([true, true]);
  });

  it('I7: taken apart by pages and put together it is the same, and a page that is missing is noticed', () => {
    const module = load();
    module.leak(2_000_000);
    const bytes = module.__revive.checkpoint();
    const { head, pages } = splitState(bytes);
    expect(joinState(head, pages.values())).toEqual(bytes);
    expect(pages.size).toBeGreaterThan(2);
    expect([...pages.keys()]).toEqual([...pages.keys()].toSorted((a, b) => a - b));
    const numbers = [...pages.keys()];
    for (const page of [numbers[0], numbers[Math.floor(numbers.length / 2)], numbers.at(-1)]) {
      const others = [...pages].filter(([other]) => other !== page).map(([, piece]) => piece);
      expect(thrown(() => module.__revive.restore(joinState(head, others)))).toMatchObject({ code: 'REVIVE_NOT_RESTORED' });
    }
    // A turn changes few of them.
    module.bump_static();
    const later = splitState(module.__revive.checkpoint()).pages;
    const changed = [...later].filter(([page, piece]) => Buffer.compare(piece, pages.get(page) ?? Buffer.alloc(0)) !== 0);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.length).toBeLessThan(4);
  });
});
