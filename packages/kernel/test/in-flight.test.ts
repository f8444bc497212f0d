import { describe, expect, it } from 'vitest';
import { PanicError } from '../src/errors.js';
import { type Held, handlePromises } from '../src/instance/held.js';
import { InFlight } from '../src/instance/in-flight.js';

describe('InFlight', () => {
  it('I5: rejects what is pending, each with its own error, and nothing that has settled', async () => {
    const calls = new InFlight();
    const settled = calls.promise<number>((resolve) => resolve(1));
    const pending = [calls.promise(() => {}), calls.promise(() => {})];
    expect(calls.size).toBe(2);
    let count = 0;
    expect(calls.rejectAll(() => new Error(`lost ${++count}`))).toBe(2);
    await expect(settled).resolves.toBe(1);
    await expect(pending[0]).rejects.toThrow('lost 1');
    await expect(pending[1]).rejects.toThrow('lost 2');
    expect(calls.size).toBe(0);
  });

  it('I5: a rejection that nobody awaits is not an unhandled one', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const calls = new InFlight();
    void calls.promise(() => {});
    calls.rejectAll(() => new Error('lost'));
    // Node reports unhandled rejections after the microtasks of a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  it('I5: whoever waits until none is left is called once, at once or by the last that settles', () => {
    const calls = new InFlight();
    const seen: string[] = [];
    calls.whenEmpty(() => seen.push('at once'));
    const settle: ((value: unknown) => void)[] = [];
    for (let n = 0; n < 2; n++) void calls.promise((resolve) => settle.push(resolve));
    calls.whenEmpty(() => {
      seen.push('settled');
      // One that comes later is not waited for.
      void calls.promise(() => {});
    });
    calls.whenEmpty(() => seen.push('the other one'));
    settle[0]?.(1);
    expect(seen).toEqual(['at once']);
    settle[1]?.(1);
    expect(seen).toEqual(['at once', 'settled', 'the other one']);
    calls.whenEmpty(() => seen.push('lost'));
    calls.rejectAll(() => new Error('lost'));
    expect(seen).toEqual(['at once', 'settled', 'the other one', 'lost']);
  });

  it('behaves as new Promise for its executor', async () => {
    const calls = new InFlight();
    await expect(
      calls.promise(() => {
        throw new Error('from the executor');
      }),
    ).rejects.toThrow('from the executor');
    await expect(calls.promise((_, reject) => reject('a reason'))).rejects.toBe('a reason');
    await expect(calls.promise((resolve) => resolve(Promise.resolve(3)))).resolves.toBe(3);
    expect(calls.size).toBe(0);
  });

  it('I5, I2: rejects what a panic has dropped, and not what Rust had given away before', async () => {
    const { calls, places, held } = withPlaces();
    const [dropped, given, kept] = [0, 1, 2].map(() => owe(calls, places));
    places[given?.place ?? 0] = undefined;
    calls.look(held);
    places[dropped?.place ?? 0] = undefined;
    const panic = new PanicError('in its own words');
    calls.noteDropped(held, panic);
    calls.rejectAbandoned(panic, () => panic);
    await expect(dropped?.promise).rejects.toBe(panic);
    expect(calls.size).toBe(2);
    given?.settle('by JavaScript');
    kept?.settle('by Rust');
    await expect(given?.promise).resolves.toBe('by JavaScript');
    await expect(kept?.promise).resolves.toBe('by Rust');
  });

  it('I2: rejects nothing that Rust holds in another place, nor what another panic dropped', async () => {
    const { calls, places, held } = withPlaces();
    const [moved, dropped] = [owe(calls, places), owe(calls, places)];
    calls.look(held);
    places.push(places[moved.place]);
    places[moved.place] = undefined;
    places[dropped.place] = undefined;
    const panic = new PanicError('the one that dropped it');
    calls.noteDropped(held, panic);
    calls.rejectAbandoned(new PanicError('another'), () => 'another');
    expect(calls.size).toBe(2);
    calls.rejectAbandoned(panic, () => panic);
    await expect(dropped.promise).rejects.toBe(panic);
    moved.settle('moved');
    await expect(moved.promise).resolves.toBe('moved');
  });

  it('remembers promises of Reflect.construct and of a subclass, which stay what they are', async () => {
    class Later extends Promise<unknown> {}
    const calls = new InFlight();
    const made = [Promise, Later].map((target) => calls.construct(target, [() => {}]) as Promise<unknown>);
    expect(made.map((promise) => promise.constructor)).toEqual([Promise, Later]);
    expect(calls.size).toBe(2);
    calls.rejectAll(() => 'lost');
    await expect(Promise.allSettled(made)).resolves.toMatchObject([{ reason: 'lost' }, { reason: 'lost' }]);
  });

  it('leaves to the engine what makes no promise', () => {
    const calls = new InFlight();
    const noop = (): void => {};
    expect(calls.construct(Array, [3])).toHaveLength(3);
    expect(calls.construct(Map, [], WeakMap) instanceof WeakMap).toBe(true);
    expect(() => calls.construct(Promise, ['no function'])).toThrow(TypeError);
    expect(() => calls.construct('no constructor', [noop])).toThrow(TypeError);
    expect(() => calls.promise(undefined as never)).toThrow(TypeError);
    expect(calls.size).toBe(0);
  });
});

describe('handlePromises', () => {
  it('I5: marks promises and those in arrays as handled, and calls no `then` of anything else', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const { promise, reject: fail } = deferred();
    let called = 0;
    const revoked = Proxy.revocable([], {});
    revoked.revoke();
    // biome-ignore lint/suspicious/noThenProperty: what must not be called
    const query = { then: () => called++ };
    const values: unknown[] = [fail, revoked.proxy, [promise], promise, query, null, undefined, 1];
    handlePromises({ length: values.length, get: (place) => values[place] }, 1);
    fail(new Error('later'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
    expect(called).toBe(0);
  });
});

function deferred(): { promise: Promise<unknown>; reject: (reason: unknown) => void } {
  let made: ((reason: unknown) => void) | undefined;
  const promise = new Promise((_, reject) => {
    made = reject;
  });
  return { promise, reject: (reason) => made?.(reason) };
}

/** What Rust holds, as a test changes it. */
function withPlaces(): { calls: InFlight; places: unknown[]; held: Held } {
  const places: unknown[] = [undefined, null, true, false];
  const calls = new InFlight();
  calls.startAt(places.length);
  return {
    calls,
    places,
    held: {
      get length() {
        return places.length;
      },
      get: (place) => places[place],
    },
  };
}

function owe(calls: InFlight, places: unknown[]): { promise: Promise<unknown>; place: number; settle: (value: unknown) => void } {
  const place = places.length;
  const promise = calls.promise<unknown>((resolve) => places.push(resolve));
  return { promise, place, settle: places[place] as (value: unknown) => void };
}
