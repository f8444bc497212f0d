import { describe, expect, it } from 'vitest';
import { readFunctionTypes } from '../src/index.js';

const HEAD = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function section(id: number, ...content: number[]): number[] {
  return [id, content.length, ...content];
}

function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [bytes.length, ...bytes];
}

function bytesOf(...sections: number[][]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...HEAD, ...sections.flat()]);
}

describe('readFunctionTypes', () => {
  it('tells numbers, BigInts and all else apart, of what is exported and imported', () => {
    // (type (func (param i32 i64 f32 f64 externref funcref v128) (result i64 f64))), and one without either.
    const types = section(1, 2, 0x60, 7, 0x7f, 0x7e, 0x7d, 0x7c, 0x6f, 0x70, 0x7b, 2, 0x7e, 0x7c, 0x60, 0, 0);
    const imports = [
      [...name('js'), ...name('table'), 1, 0x6f, 1, 0, 9],
      [...name('js'), ...name('memory'), 2, 3, 1, 0x80, 0x80, 1],
      [...name('js'), ...name('global'), 3, 0x7f, 1],
      [...name('js'), ...name('tag'), 4, 0, 1],
      [...name('js'), ...name('\ufeffcall'), 0, 0],
      [...name('js'), ...name('twice'), 0, 0],
      [...name('js'), ...name('twice'), 0, 1],
      [...name('other'), ...name('same'), 0, 1],
      [...name('other'), ...name('same'), 0, 1],
    ];
    const read = readFunctionTypes(
      bytesOf(
        types,
        section(2, imports.length, ...imports.flat()),
        section(3, 2, 1, 0),
        section(7, 3, ...name('mem'), 2, 0, ...name('b'), 0, 6, ...name('again'), 0, 0),
      ),
    );
    const long = {
      params: ['number', 'bigint', 'number', 'number', 'other', 'other', 'other'],
      results: ['bigint', 'number'],
    };
    expect(read?.imported('js', '\ufeffcall')).toEqual(long);
    expect(read?.imported('js', 'twice')).toBeUndefined();
    expect(read?.imported('other', 'same')).toEqual({ params: [], results: [] });
    expect([read?.exported('b'), read?.exported('again')]).toEqual([long, long]);
    expect([read?.exported('mem'), read?.exported('none'), read?.imported('js', 'none'), read?.imported('none', 'js')]).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('numbers the types of the garbage collection proposal as engines do', () => {
    const types = section(
      1,
      ...[3, 0x4e, 2, 0x50, 0, 0x5f, 2, 0x78, 1, 0x63, 0x70, 0, 0x4f, 1, 0, 0x5f, 3, 0x78, 1, 0x63, 0x70, 0, 0x7f, 0],
      ...[0x5e, 0x77, 1],
      ...[0x60, 3, 0x63, 0x6e, 0x64, 0, 0x6e, 1, 0x7f],
    );
    const module = bytesOf(types, section(3, 1, 3), section(7, 1, ...name('f'), 0, 0), section(10, 1, 4, 0, 0x41, 0, 0x0b));
    // Node.js 20 has no such types.
    if (WebAssembly.validate(module)) expect(() => new WebAssembly.Module(module)).not.toThrow();
    expect(readFunctionTypes(module.buffer)?.exported('f')).toEqual({ params: ['other', 'other', 'other'], results: ['number'] });
  });

  it('tells nothing of a module with something that it does not know, nor of half a module', () => {
    expect(readFunctionTypes(bytesOf(section(1, 1, 0x61, 0, 0)))).toBeUndefined();
    expect(readFunctionTypes(bytesOf(section(1, 1, 0x60, 1, 0x01, 0)))).toBeUndefined();
    expect(readFunctionTypes(bytesOf(section(2, 1, ...name('a'), ...name('b'), 9)))).toBeUndefined();
    expect(readFunctionTypes(bytesOf(section(2, 1, ...name('a'), ...name('b'), 2, 0x10, 1)))).toBeUndefined();
    expect(readFunctionTypes(bytesOf([1, 9, 3, 0x60]))).toBeUndefined();
  });
});
