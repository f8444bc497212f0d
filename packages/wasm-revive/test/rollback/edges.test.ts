/** Where a turn's end meets something else that waits for it: what was undone never was for those either. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown } from '../fixtures.js';

interface Animal {
  readonly name: string;
  free(): void;
}

interface Package extends Fixtures {
  readonly Animal: new (name: string) => Animal;
  readonly Dog: new (name: string) => Animal;
  readonly Ticker: new (n: number) => { readonly tick: () => number; free(): void };
  ask_for_reinit(): void;
  bump_static(): number;
  ledger(): number;
  ledger_is_restored(): boolean;
  ledger_up(text: string): void;
  pair_maker(): (a: number, b: number) => unknown;
  save_ledger(kind: string): void;
  wait_often(make: () => Promise<unknown>, times: number): Promise<unknown>;
}

const make = (name = 'fixtures'): Package => load<Package>('abort', RUNTIME, name, 'rollback');

const undone = (module: Package, run: () => unknown): void =>
  expect(
    thrown(() =>
      module.nested(() => {
        run();
        module.fail('abort');
      }),
    ),
  ).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });

afterAll(removeFolders);

describe('a turn that was undone', () => {
  it.each(['Animal', 'Dog'] as const)(
    'I4, I7: gives back an object of a class with others above or below it, and makes none (%s)',
    (cls) => {
      const module = make();
      const freed = new module[cls]('old');
      let made: Animal | undefined;
      undone(module, () => {
        freed.free();
        made = new module[cls]('new');
      });
      // At the same place.
      const next = new module[cls]('next');
      expect([freed.name, next.name]).toEqual(['old', 'next']);
      expect(thrown(() => made?.name)).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
      expect([made?.free(), freed.free(), next.name]).toEqual([undefined, undefined, 'next']);
    },
  );

  it('I7: gives back an object that was used up through a proxy, such as those of reactive frameworks', () => {
    const module = make();
    const [eater, food] = [new module.Counter(1), new module.Counter(7)];
    const proxy = new Proxy(food, {});
    for (const use of [() => eater.eat(proxy), () => proxy.free()]) {
      undone(module, use);
      expect([proxy.get(), food.get(), eater.get()]).toEqual([7, 7, 1]);
    }
  });

  it('I7: gives back a closure that was dropped in it and then called', () => {
    const module = make();
    const ticker = new module.Ticker(0);
    const { tick } = ticker;
    undone(module, () => {
      ticker.free();
      thrown(() => tick());
    });
    expect([tick(), tick()]).toEqual([1, 2]);
  });

  it('I7: has asked for no fresh instance', () => {
    const module = make('fixtures-revive');
    module.bump_static();
    undone(module, () => module.ask_for_reinit());
    expect([module.bump_static(), module.__revive.generation]).toEqual([2, 1]);
    module.ask_for_reinit();
    expect([module.bump_static(), module.__revive.generation]).toEqual([1, 2]);
  });

  it.each([false, true])('I7: has persisted nothing, also where its first poll fails (a plugin hears turns: %s)', async (isHeard) => {
    const module = make('fixtures-revive');
    const saved: string[] = [];
    module.__revive.configure({ persist: { save: (name) => void saved.push(name), load: () => undefined } });
    if (isHeard) {
      module.__revive.use({ name: 'hears turns', committed: () => {} });
      module.__revive.reset();
    }
    module.bump_static();
    const call = module.nested(() => {
      module.ledger_up('a line');
      module.save_ledger('none');
      return module.fail_first_poll('abort');
    });
    await expect(call).rejects.toMatchObject({ report: { recovery: 'rollback' } });
    await new Promise((resolve) => setImmediate(resolve));
    module.__revive.reset();
    expect([module.ledger(), module.ledger_is_restored(), saved]).toEqual([0, false, []]);
    module.ledger_up('a line');
    module.save_ledger('none');
    module.__revive.reset();
    expect([module.ledger(), module.ledger_is_restored()]).toEqual([1, true]);
  });

  it.each([false, true])('I7: may be a closure that gives a promise (a plugin hears turns: %s)', async (isHeard) => {
    const module = make();
    if (isHeard) {
      module.__revive.use({ name: 'hears turns', committed: () => {} });
      module.__revive.reset();
    }
    await module.ready(1);
    module.bump_static();
    const { generation } = module.__revive;
    const closure = module.pair_maker();
    const { of } = Array;
    // What the closure calls, and returns what that gives.
    Array.of = () => module.fail_first_poll('abort') as never;
    const promise = closure(1, 2);
    Array.of = of;
    await expect(promise).rejects.toMatchObject({ report: { recovery: 'rollback' } });
    expect([module.bump_static(), module.__revive.generation]).toEqual([2, generation]);
  });
});

describe('older states', () => {
  const giveUp = (module: Package): unknown => {
    let last: unknown;
    for (let time = 0; time <= 100; time++) last = thrown(() => module.fail('abort'));
    return last;
  };

  it.each(['undone', 'given up'])('I5: are kept again after a turn was %s that waited for what never comes', async (how) => {
    const module = make();
    await module.ready(1);
    await new Promise((resolve) => setImmediate(resolve));
    const never = new Promise(() => {});
    if (how === 'undone') {
      const call = module.nested(() => {
        module.wait_often(() => never, 1).catch(() => {});
        return module.fail_first_poll('abort');
      });
      await expect(call).rejects.toMatchObject({ report: { recovery: 'rollback' } });
    }
    module.__revive.configure({ checkpoints: { turns: 2 } });
    for (let time = 0; time < 3; time++) module.bump_static();
    if (how === 'given up') {
      module.wait_for(never).catch(() => {});
      giveUp(module);
      for (let time = 0; time < 9; time++) module.bump_static();
    }
    expect(giveUp(module)).toMatchObject({ report: { recovery: 'rollback', givenUp: {} } });
  });

  it('I7: a turn that ended well stands, where there is no memory for a copy', () => {
    const module = make();
    const freed = new module.Counter(7);
    module.__revive.configure({ checkpoints: { turns: 1 } });
    const { slice } = ArrayBuffer.prototype;
    let made: { get(): number } | undefined;
    ArrayBuffer.prototype.slice = function (...range) {
      if (this.byteLength > 100_000) throw new RangeError('Array buffer allocation failed');
      return slice.apply(this, range);
    };
    try {
      module.nested(() => {
        freed.free();
        made = new module.Counter(9);
      });
    } finally {
      ArrayBuffer.prototype.slice = slice;
    }
    expect(thrown(() => module.fail('abort'))).toMatchObject({ report: { recovery: 'rollback' } });
    expect(made?.get()).toBe(9);
    expect(() => freed.get()).toThrow('null pointer passed to rust');
  });

  it('I7: are kept after turns that have changed something, and not after others', () => {
    const module = make();
    module.bump_static();
    module.__revive.configure({ checkpoints: { turns: 3 } });
    for (let time = 0; time < 10; time++) module.count();
    expect(giveUp(module)).toMatchObject({ report: { recovery: 'fresh' } });
  });
});
