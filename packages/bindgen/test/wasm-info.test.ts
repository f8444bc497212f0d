import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectWasm, MalformedWasmError } from '../src/wasm/wasm-info.js';

const EMPTY = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

describe('inspectWasm', () => {
  it('tells what a module that wasm-bindgen made is', () => {
    // The inspector is itself such a module.
    const bytes = readFileSync(new URL('../generated/transform.wasm', import.meta.url));
    const info = inspectWasm(bytes);
    expect(info.size).toBe(bytes.byteLength);
    expect(info.wasmBindgen).toMatch(/^0\.2\.\d+/);
    expect(info.exceptions).toBe('none');
    expect(info.stackPointer?.source).toBe('name');
    expect(info.memories).toMatchObject([{ shared: false, memory64: false, imported: false, pageSize: 65536 }]);
    expect(info.exports.find(({ name }) => name === 'inspect')).toMatchObject({
      kind: 'function',
      params: ['i32', 'i32'],
      results: ['i32', 'i32', 'i32', 'i32'],
    });
    // What the engine says of the same bytes.
    const module = new WebAssembly.Module(bytes);
    const described = ({ name, kind }: { name: string; kind: string }) => ({ name, kind });
    expect(info.exports.map(described)).toEqual(WebAssembly.Module.exports(module).map(described));
    expect(info.imports.map(described)).toEqual(WebAssembly.Module.imports(module).map(described));
  });

  it('throws with the offset on malformed input, and goes on working', () => {
    const thrown = (bytes: Uint8Array): unknown => {
      try {
        return inspectWasm(bytes);
      } catch (error) {
        return error;
      }
    };
    const cut = thrown(Uint8Array.from([...EMPTY, 1, 200, 1, 1]));
    expect(cut).toBeInstanceOf(MalformedWasmError);
    expect(cut).toMatchObject({ message: 'unexpected end-of-file (at byte 0xb)', offset: 11 });
    expect(thrown(new TextEncoder().encode('export {};'))).toMatchObject({ offset: 0 });
    expect(inspectWasm(Uint8Array.from(EMPTY)).functions).toBe(0);
  });
});
