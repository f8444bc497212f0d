/** Single packages, used without the transform on what rustc and wasm-bindgen made. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { abortCause, guardInstance, isAbort } from '@wasm-revive/abort-detector';
import { expect, it } from 'vitest';
import { revivePackage, upstreamPackage } from '../src/drive/paths.ts';
import { nameOf } from '../src/invariants.ts';

interface Exports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  readonly __wbindgen_externrefs: WebAssembly.Table;
  __wbindgen_start(): void;
  __wbindgen_malloc(size: number, align: number): number;
  fail(pointer: number, length: number): void;
}

it(`${nameOf('I1')}: guardInstance tells a panic in Rust's words, where the module has the crate`, () => {
  const module = new WebAssembly.Module(readFileSync(join(revivePackage('abort', 'web'), 'wasm_revive_fixtures_bg.wasm')));
  let raw: Exports | undefined;
  const imports: WebAssembly.Imports = {};
  for (const entry of WebAssembly.Module.imports(module)) {
    imports[entry.module] ??= {};
    const names = imports[entry.module] as WebAssembly.ModuleImports;
    // As glue does; nothing else is called here.
    names[entry.name] = entry.name === '__wbindgen_init_externref_table' ? () => raw?.__wbindgen_externrefs.grow(4) : () => undefined;
  }
  const guard = guardInstance({ name: 'fixtures' });
  raw = new WebAssembly.Instance(module, guard.imports(imports)).exports as Exports;
  const exports = guard.exports(raw) as Exports;
  exports.__wbindgen_start();
  const kind = new TextEncoder().encode('panic-message');
  const pointer = exports.__wbindgen_malloc(kind.length, 1);
  new Uint8Array(exports.memory.buffer).set(kind, pointer);
  expect(() => exports.fail(pointer, kind.length)).toThrow(
    expect.objectContaining({
      code: 'REVIVE_ABORT',
      message: expect.stringMatching(/^Rust panicked in fail: the message of panic-message \(crates\/fixtures\/src\/fail\.rs:\d+:\d+\)$/),
      report: expect.objectContaining({ module: 'fixtures', entrypoint: 'fail', recovery: 'retire' }),
    }),
  );
  expect(guard.aborted).toBe('panic-abort');
});

it(`${nameOf('I1')}: abortCause knows what wasm-bindgen's own guards say after an abort`, () => {
  const pkg = createRequire(import.meta.url)(join(upstreamPackage('unwind', 'nodejs'), 'wasm_revive_fixtures.js')) as {
    fail(kind: string): void;
    add(a: number, b: number): number;
  };
  const causes = [() => pkg.fail('out-of-bounds'), () => pkg.add(1, 2)].map((run) => {
    try {
      run();
    } catch (error) {
      return isAbort(error) ? abortCause(error) : 'no abort';
    }
    return 'nothing';
  });
  expect(causes).toEqual(['out-of-bounds', 'terminated']);
});
