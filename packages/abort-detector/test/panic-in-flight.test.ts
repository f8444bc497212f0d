import { describe, expect, it } from 'vitest';
import { panicBehindHook, panicBehindLeftHook, panicInFlight } from '../src/panic-in-flight.js';

const STACK = 8192;
const LOCATION = 3000;
const VTABLE = 3100;
const TEXTS = 4096;

/** Memory with exceptions of Rust's on the heap, each with the text that it was thrown with; and what `panic!` left on the stack. */
function memoryOf(
  exceptions: readonly { at: number; text: string; inUse?: boolean; canary?: number }[],
  left?: { at: number; text: string },
): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = new DataView(memory.buffer);
  let free = TEXTS;
  const put = (value: string): [address: number, length: number] => {
    const bytes = new TextEncoder().encode(value);
    const at = free;
    new Uint8Array(memory.buffer).set(bytes, at);
    free += (bytes.length + 7) & ~3;
    return [at, bytes.length];
  };
  const words = (at: number, values: readonly number[]): void => {
    for (const [index, value] of values.entries()) view.setUint32(at + 4 * index, value, true);
  };
  words(VTABLE, [0, 8, 4]);
  words(LOCATION, [...put('src/lib.rs'), 12, 5]);
  for (const { at, text, inUse = true, canary = 2000 } of exceptions) {
    words(at - 4, [inUse ? 43 : 41]);
    words(at, [0x005a4f4d, 0x54535552, 18, 0, 0, 0, canary, at + 64, VTABLE]);
    words(at + 64, put(text));
  }
  if (left !== undefined) {
    const [at, length] = put(left.text);
    words(3200, [at, length * 2 + 1]);
    words(left.at, [3200, LOCATION]);
  }
  return memory;
}

const PLACE = { file: 'src/lib.rs', line: 12, column: 5 };

describe('panicInFlight', () => {
  it('I1: tells what Rust unwinds with, and where, from what lies behind it on the stack', () => {
    const memory = memoryOf([{ at: 32_768, text: 'in its own words' }], { at: STACK - 200, text: 'in its own words' });
    expect(panicInFlight(memory, STACK)).toEqual({ message: 'in its own words', location: PLACE });
  });

  it('I1: knows an exception wherever the linker has put the byte that marks it', () => {
    for (const canary of [2001, 2002, 2003]) {
      expect(panicInFlight(memoryOf([{ at: 32_768, text: 'in its own words', canary }]), STACK)?.message).toBe('in its own words');
    }
  });

  it('I1: believes no place of another panic', () => {
    const memory = memoryOf([{ at: 32_768, text: 'in its own words' }], { at: STACK - 200, text: 'an earlier one' });
    expect(panicInFlight(memory, STACK)).toEqual({ message: 'in its own words' });
  });

  it('I1: takes the exception that is in use, and none of two', () => {
    const earlier = { at: 40_000, text: 'an earlier one', inUse: false };
    const now = { at: 32_768, text: 'in its own words' };
    expect(panicInFlight(memoryOf([earlier, now]), STACK)?.message).toBe('in its own words');
    expect(panicInFlight(memoryOf([{ ...earlier, inUse: true }, now]), STACK)).toBeUndefined();
  });

  it('I1: tells nothing where there is no exception', () => {
    expect(panicInFlight(memoryOf([], { at: STACK - 200, text: 'an earlier one' }), STACK)).toBeUndefined();
    const broken = memoryOf([{ at: 32_768, text: 'in its own words' }]);
    new DataView(broken.buffer).setUint32(32_768 + 12, 1, true);
    expect(panicInFlight(broken, STACK)).toBeUndefined();
  });

  it('I1: looks through a big memory, and through one that is full of what begins an exception, for no longer than a moment', () => {
    const memory = memoryOf([{ at: 32_768, text: 'in its own words' }]);
    memory.grow(1024 * 16 - 1);
    expect(panicInFlight(memory, STACK)?.message).toBe('in its own words');
    new Uint32Array(memory.buffer, 0x10_0000, 0x0800_0000 / 4).fill(0x005a4f4d);
    const start = performance.now();
    expect(panicInFlight(memory, STACK)?.message).toBe('in its own words');
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('panicBehindHook', () => {
  it('I1: tells the one panic that is on the stack above the frames of its hook', () => {
    expect(panicBehindHook(memoryOf([], { at: STACK + 4080, text: 'with a hook' }), STACK)).toEqual({
      message: 'with a hook',
      location: PLACE,
    });
    expect(panicBehindHook(memoryOf([], { at: STACK - 400, text: 'an earlier one' }), STACK)).toBeUndefined();
    expect(panicBehindHook(memoryOf([]), STACK)).toBeUndefined();
  });
});

describe('panicBehindLeftHook', () => {
  it('I1: tells the one panic that is on the stack, below its pointer or above', () => {
    for (const at of [STACK - 400, STACK + 80]) {
      expect(panicBehindLeftHook(memoryOf([], { at, text: 'with a hook' }), STACK)).toEqual({ message: 'with a hook', location: PLACE });
    }
    expect(panicBehindLeftHook(memoryOf([]), STACK)).toBeUndefined();
  });
});
