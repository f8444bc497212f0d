/** The executor of wasm-bindgen-futures before 0.4.38: a promise that it makes has it called. */
import { describe, expect, it } from 'vitest';
import { type Made, makeInstance } from './fake.js';

/** Makes the promise, and the closure that is to run. */
type Make = (made: Made, run: () => void) => { readonly promise: Promise<unknown>; readonly closure: () => void };

/** Who is said to have entered when a promise calls a closure. */
async function enteredBy(make: Make): Promise<readonly string[]> {
  const made = makeInstance();
  const who: string[] = [];
  const { promise, closure } = make(made, () => void who.push(made.instance.callbacks.entered));
  for (let times = 0; times < 2; times++) {
    made.host.react(promise as never, 'then', [closure]);
    await promise.catch(() => {});
  }
  return who;
}

describe('I5 nothing hangs › the executor of older futures', () => {
  it('is known by the promise that was made right before it, whenever that calls it', async () => {
    const who = await enteredBy((made, run) => {
      const promise = made.host.resolvedPromise(Promise.resolve(), undefined, true);
      return { promise, closure: made.host.closure(run) };
    });
    expect(who).toEqual(['executor', 'executor']);
  });

  it.each<[string, Make]>([
    [
      'another promise calls it',
      (made, run) => {
        made.host.resolvedPromise(Promise.resolve(), undefined, true);
        return { promise: Promise.resolve(), closure: made.host.closure(run) };
      },
    ],
    [
      'another closure was made between the two',
      (made, run) => {
        const promise = made.host.resolvedPromise(Promise.resolve(), undefined, true);
        made.host.closure(() => {});
        return { promise, closure: made.host.closure(run) };
      },
    ],
    [
      'the promise has a value',
      (made, run) => ({ promise: made.host.resolvedPromise(Promise.resolve(1), 1, true), closure: made.host.closure(run) }),
    ],
    [
      'the module has a newer executor',
      (made, run) => ({ promise: made.host.resolvedPromise(Promise.resolve(), undefined), closure: made.host.closure(run) }),
    ],
  ])('is not taken for one where %s', async (_, make) => {
    expect(await enteredBy(make)).toEqual(['reaction', 'reaction']);
  });
});
