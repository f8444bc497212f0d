import { wasmFrames } from '@wasm-revive/kernel';
import { describe, expect, it } from 'vitest';
import { type Coredump, encodeCoredump } from '../src/encode-coredump.js';
import { functionBodies } from '../src/function-bodies.js';

const PAGE = 0x10000;

/** Six pages: of 1, 2 and 4 something is used. */
function memory(): Uint8Array {
  const bytes = new Uint8Array(6 * PAGE);
  bytes.set([1, 2, 3], PAGE);
  bytes[3 * PAGE - 1] = 0xff;
  bytes[5 * PAGE - 4] = 0x80;
  return bytes;
}

const EXAMPLE: Coredump = {
  process: 'app',
  module: 'äpp build 0123456789abcdef',
  frames: [
    { index: 884, codeOffset: 1 },
    { index: 0, codeOffset: 0 },
    { index: 7, codeOffset: 300_000 },
  ],
  memory: memory(),
  globals: [1_048_576, undefined, -1, -(2 ** 31), 64, -(2n ** 63n), 2n ** 63n - 1n, 0.5],
};

/** Lines of 32 bytes, `xN` behind a line that stands there N times in a row. */
function toLines(bytes: Uint8Array): string {
  const lines: { hex: string; times: number }[] = [];
  for (let at = 0; at < bytes.length; at += 32) {
    const hex = Buffer.from(bytes.subarray(at, at + 32)).toString('hex');
    const last = lines.at(-1);
    if (last?.hex === hex) last.times++;
    else lines.push({ hex, times: 1 });
  }
  return `${lines.map(({ hex, times }) => (times === 1 ? hex : `${hex} x${times}`)).join('\n')}\n`;
}

describe('the format of coredumps', () => {
  // The crate's test `coredump` reads the same file with wasmparser.
  it('is what wasmparser reads', async () => {
    await expect(toLines(encodeCoredump(EXAMPLE))).toMatchFileSnapshot('../../../crates/abort-detector/tests/golden/coredump.txt');
  });

  it('is that of a module, and engines take it for one', () => {
    expect(WebAssembly.validate(encodeCoredump(EXAMPLE))).toBe(true);
    expect(WebAssembly.validate(encodeCoredump({ ...EXAMPLE, memory: undefined, globals: [], frames: [] }))).toBe(true);
  });

  it('leaves out pages of zeros: a big memory of which little is used makes a small coredump', () => {
    const big = new Uint8Array(64 * 2 ** 20);
    for (const used of [17, 400, 1023]) big[used * PAGE + 5] = 1;
    const { length } = encodeCoredump({ ...EXAMPLE, memory: big });
    expect(length).toBeGreaterThan(3 * PAGE);
    expect(length).toBeLessThan(3 * PAGE + 1000);
  });

  it('reaches up to the end of the biggest memory', () => {
    // The highest bit of the address is set: constants have a sign.
    const at = 2 ** 31;
    const sparse = new Uint8Array(new WebAssembly.Memory({ initial: at / PAGE + 1 }).buffer);
    sparse[at] = 7;
    const bytes = encodeCoredump({ ...EXAMPLE, memory: sparse });
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(Buffer.from(bytes).indexOf(Buffer.from('4180808080780b', 'hex'))).toBeGreaterThan(0);
  });
});

describe('functionBodies', () => {
  // (module (func (export "ok")) (func (export "die") (local i32) nop nop unreachable))
  const WASM = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 3, 2, 0, 0, 7, 12, 2, 2, 111, 107, 0, 0, 3, 100, 105, 101, 0, 1, 10, 12, 2, 2, 0, 11,
    7, 1, 1, 127, 1, 1, 0, 11,
  ]);

  it('says where in its function a trap was raised', () => {
    const { die } = new WebAssembly.Instance(new WebAssembly.Module(WASM)).exports as { die(): void };
    let trap: unknown;
    try {
      die();
    } catch (error) {
      trap = error;
    }
    const offset = wasmFrames(trap)[0]?.offset ?? 0;
    // One group of locals, three bytes; two nops.
    expect(offset - (functionBodies(WASM)?.startOf(offset) ?? 0)).toBe(5);
  });

  it('knows where the code section is, and what is no function', () => {
    const bodies = functionBodies(WASM);
    expect(bodies?.codeOffset).toBe(35);
    expect([0, 34, 36, WASM.length].map((offset) => bodies?.startOf(offset))).toEqual([undefined, undefined, undefined, undefined]);
    expect([37, 38, 40, 46].map((offset) => bodies?.startOf(offset))).toEqual([37, 37, 40, 40]);
  });

  it('finds nothing in a file without functions, nor in one that is cut off', () => {
    expect(functionBodies(new Uint8Array(0))).toBeUndefined();
    expect(functionBodies(WASM.subarray(0, 8))).toBeUndefined();
    expect(functionBodies(WASM.subarray(0, 36))?.startOf(40)).toBeUndefined();
  });
});
