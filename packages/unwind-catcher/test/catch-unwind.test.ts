import { describe, expect, it } from 'vitest';
import { catchUnwind } from '../src/index.js';

/** As wasm-bindgen 0.2.130 defines it in every glue. */
class PanicError extends Error {}
Object.defineProperty(PanicError.prototype, 'name', { value: 'PanicError' });

describe('catchUnwind', () => {
  it("I1: turns the glue's PanicError into one with a code, the original as its cause", () => {
    const original = new PanicError('boom');
    const call = catchUnwind(() => {
      throw original;
    });
    expect(call).toThrow(expect.objectContaining({ code: 'REVIVE_PANIC', message: 'boom', cause: original }));
  });

  it('I1: does so for rejections', async () => {
    const call = catchUnwind(() => Promise.reject(new PanicError('later')));
    await expect(call()).rejects.toMatchObject({ code: 'REVIVE_PANIC', message: 'later' });
  });

  it('lets every other error through by identity, and results untouched', async () => {
    const error = new TypeError('mine');
    const named = Object.assign(new Error('not Rust'), { name: 'PanicError' });
    const throwNamed = catchUnwind(() => {
      throw named;
    });
    expect(throwNamed).toThrow(named);
    const reject = catchUnwind(() => Promise.reject(error));
    await expect(reject()).rejects.toBe(error);
    expect(
      catchUnwind(() => {
        throw error;
      }),
    ).toThrow(error);
    expect(catchUnwind((a: number, b: number) => a + b)(1, 2)).toBe(3);
  });

  it('tells a listener, whose own failure changes nothing', () => {
    const told: string[] = [];
    const call = catchUnwind(
      () => {
        throw new PanicError('boom');
      },
      {
        onPanic: ({ message }) => {
          told.push(message);
          throw new Error('in the listener');
        },
      },
    );
    expect(call).toThrow(expect.objectContaining({ code: 'REVIVE_PANIC' }));
    expect(told).toEqual(['boom']);
  });
});
