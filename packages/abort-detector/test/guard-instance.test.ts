import { describe, expect, it } from 'vitest';
import { guardInstance } from '../src/index.js';
import { callTrap, trapExports } from './traps.js';

/**
 * `(module (import "js" "f" (func (result i32))) (func (export "call") (result i32) call 0) (func (export "trap") unreachable))`: what it
 * imports gives what `call` returns.
 */
const CALLS_JAVASCRIPT: Uint8Array<ArrayBuffer> = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 2, 0x60, 0, 1, 0x7f, 0x60, 0, 0],
  ...[2, 8, 1, 2, 0x6a, 0x73, 1, 0x66, 0, 0],
  ...[3, 3, 2, 0, 1],
  ...[7, 15, 2, 4, 0x63, 0x61, 0x6c, 0x6c, 0, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 2],
  ...[10, 10, 2, 4, 0, 0x10, 0, 0x0b, 3, 0, 0x00, 0x0b],
]);

// (module
//   (import "js" "give" (func $give (result i64)))
//   (import "js" "pair" (func $pair (result i32 i32)))
//   (global $entered (export "entered") (mut i32) (i32.const 0))
//   (func (export "trap") unreachable)
//   (func (export "take") (param externref f64 i32) (result externref) (global.set $entered (i32.const 1)) (local.get 0))
//   (func (export "take64") (param i64) (result i64) (global.set $entered (i32.const 1)) (local.get 0))
//   (func (export "ask") (result i64) (call $give) (global.set $entered (i32.const 1)))
//   (func (export "asktwo") (result i32) (call $pair) (i32.add) (global.set $entered (i32.const 1)))
//   (func (export "tell") (param i32) (call $give) (drop)))
const ENTERED = [0x41, 1, 0x24, 0];
const BODIES = [
  [0, 0x00, 0x0b],
  [0, ...ENTERED, 0x20, 0, 0x0b],
  [0, ...ENTERED, 0x20, 0, 0x0b],
  [0, 0x10, 0, ...ENTERED, 0x0b],
  [0, 0x10, 1, 0x6a, ...ENTERED, 0x0b],
  [0, 0x10, 0, 0x1a, 0x0b],
];
const TYPES = [
  ...[0x60, 0, 1, 0x7e, 0x60, 0, 2, 0x7f, 0x7f, 0x60, 0, 0, 0x60, 3, 0x6f, 0x7c, 0x7f, 1, 0x6f],
  ...[0x60, 1, 0x7e, 1, 0x7e, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 0],
];
const NAMES = ['trap', 'take', 'take64', 'ask', 'asktwo', 'tell'];
const TAKES_NUMBERS: Uint8Array<ArrayBuffer> = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, 7, ...TYPES),
  ...section(2, 2, ...text('js'), ...text('give'), 0, 0, ...text('js'), ...text('pair'), 0, 1),
  ...section(3, 6, 2, 3, 4, 0, 5, 6),
  ...section(6, 1, 0x7f, 1, 0x41, 0, 0x0b),
  ...section(7, 7, ...text('entered'), 3, 0, ...NAMES.flatMap((name, index) => [...text(name), 0, index + 2])),
  ...section(10, 6, ...BODIES.flatMap((body) => [body.length, ...body])),
]);

function section(id: number, ...content: number[]): number[] {
  return [id, content.length, ...content];
}

function text(value: string): number[] {
  return [value.length, ...new TextEncoder().encode(value)];
}

interface Numbers extends Record<string, WebAssembly.ExportValue> {
  readonly entered: WebAssembly.Global;
  trap(): void;
  take(kept: unknown, float: unknown, int: unknown): unknown;
  take64(value: unknown): unknown;
  ask(): unknown;
  asktwo(): unknown;
  tell(value: unknown): void;
}

/** An instance that takes numbers, with and without its types known; `give` and `pair` give what its imports give. */
function takesNumbers(bytes: BufferSource | undefined, give: () => unknown = () => 0n, pair: () => unknown = () => [1, 2]): Numbers {
  const guard = guardInstance({ name: 'numbers', ...(bytes && { bytes }) });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(TAKES_NUMBERS), guard.imports({ js: { give, pair } }));
  return guard.exports(exports as Numbers);
}

/** An object that costs the instance when it becomes a number, and then is one all the same. */
function costly(exports: Numbers, number: unknown): object {
  return {
    valueOf() {
      try {
        exports.trap();
      } catch {
        // Swallowed.
      }
      return number;
    },
  };
}

const isLost = expect.objectContaining({ code: 'REVIVE_INSTANCE_LOST' });
const hasAborted = expect.objectContaining({ code: 'REVIVE_ABORT', message: expect.stringContaining('in trap') });

type Calls = Record<'call' | 'trap', () => unknown>;

function guarded(f: (exports: Calls) => unknown): { readonly guard: ReturnType<typeof guardInstance>; readonly exports: Calls } {
  const guard = guardInstance({ name: 'caller' });
  const imports = guard.imports({ js: { f: () => f(exports) } });
  const exports = guard.exports(new WebAssembly.Instance(new WebAssembly.Module(CALLS_JAVASCRIPT), imports).exports) as Calls;
  return { guard, exports };
}

describe('guardInstance', () => {
  it('I1, I3: tells the abort, then lets nobody in', async () => {
    const told: string[] = [];
    const guard = guardInstance({ name: 'traps', onAbort: ({ failure, module }) => told.push(`${module} ${failure.kind}`) });
    const { load, divide } = guard.exports(await trapExports()) as Record<string, () => void>;
    expect(guard.aborted).toBeUndefined();
    expect(load).toThrow(
      expect.objectContaining({
        code: 'REVIVE_ABORT',
        message: 'Rust aborted in load: memory access out of bounds',
        cause: expect.any(WebAssembly.RuntimeError),
        report: expect.objectContaining({ entrypoint: 'load', recovery: 'retire', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) }),
      }),
    );
    expect(guard.aborted).toBe('out-of-bounds');
    expect(divide).toThrow(expect.objectContaining({ code: 'REVIVE_INSTANCE_LOST' }));
    expect(told).toEqual(['traps aborted']);
  });

  it('I3: no frame that is on the stack runs on, though JavaScript has swallowed the abort', () => {
    const { guard, exports } = guarded((own) => {
      try {
        own.trap();
      } catch {
        // Swallowed.
      }
      return 7;
    });
    expect(() => exports.call()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT', message: expect.stringContaining('in trap') }));
    expect(guard.aborted).toBe('unreachable');
  });

  it("I2: leaves alone another module's trap, and whatever else JavaScript throws through it", async () => {
    const trap = await callTrap('unreachable');
    const { guard, exports } = guarded(trap);
    expect(() => exports.call()).toThrow(WebAssembly.RuntimeError);
    expect(guard.aborted).toBeUndefined();
    const mine = new Error('mine');
    const other = guarded(() => {
      throw mine;
    });
    expect(() => other.exports.call()).toThrow(mine);
    expect(other.guard.aborted).toBeUndefined();
  });

  it.each<[string, (exports: Numbers) => unknown]>([
    ['a float', (exports) => exports.take(undefined, costly(exports, 1), 1)],
    ['an integer', (exports) => exports.take(undefined, 1, costly(exports, 1))],
    ['a BigInt', (exports) => exports.take64(costly(exports, 1n))],
  ])('I3: is not entered with %s whose conversion has cost the instance', (_, call) => {
    const exports = takesNumbers(TAKES_NUMBERS);
    expect(() => call(exports)).toThrow(isLost);
    expect(exports.entered.value).toBe(0);
  });

  it.each<[string, (exports: Numbers) => unknown]>([
    ['its result', (exports) => exports.ask()],
    ['one of its results', (exports) => exports.asktwo()],
  ])('I3: no frame runs on behind an import whose conversion of %s has cost the instance', (_, call) => {
    const exports: Numbers = takesNumbers(
      TAKES_NUMBERS,
      () => costly(exports, 1n),
      () => [1, costly(exports, 2)],
    );
    expect(() => call(exports)).toThrow(hasAborted);
    expect(exports.entered.value).toBe(0);
  });

  it('I8: converts as engines do, once and in order, and leaves references alone', () => {
    const asked: string[] = [];
    const one = { valueOf: () => asked.push('one') };
    const two = { valueOf: () => asked.push('two') };
    const [kept, mine] = [{ valueOf: () => asked.push('kept') }, new Error('mine')];
    const throws = {
      valueOf() {
        throw mine;
      },
    };
    const exports = takesNumbers(
      TAKES_NUMBERS,
      () => ({ valueOf: () => 2n ** 64n + 7n }),
      () => new Set([40, two]),
    );
    expect(exports.take(kept, one, '7')).toBe(kept);
    expect(exports.take(kept, 1, undefined)).toBe(kept);
    expect([exports.take64('41'), exports.take64(true), exports.ask(), exports.asktwo()]).toEqual([41n, 1n, 7n, 42]);
    expect(asked).toEqual(['one', 'two']);
    expect(() => exports.take64(1)).toThrow(TypeError);
    expect(() => exports.take(kept, 1n, 1)).toThrow(TypeError);
    expect(() => exports.take(kept, throws, 1)).toThrow(mine);
  });

  it('I1, I3: where types are not known, what has entered reaches no import, and its result is nobody’s', () => {
    let calls = 0;
    const exports = takesNumbers(undefined, () => {
      calls++;
      return 0n;
    });
    const kept = {};
    expect(exports.take(kept, 1, 1)).toBe(kept);
    const other = takesNumbers(undefined);
    expect(() => other.take64(costly(other, 1n))).toThrow(hasAborted);
    expect(() => exports.tell(costly(exports, 1))).toThrow(hasAborted);
    expect(calls).toBe(0);
  });
});
