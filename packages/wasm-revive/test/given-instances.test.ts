/** Programs that make instances of a package for bundlers by hand, one after another: in plain glue, the last one serves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import type { Revive } from '../src/index.js';
import { removeFolders, transformed, type Undone } from './fixtures.js';

const NAME = 'wasm_revive_fixtures';

afterEach(removeFolders);

/** What is used of the glue, which a program can load without its entry. */
interface Loaded {
  __wbg_set_wasm(exports: object, module?: WebAssembly.Module): void;
  __wbindgen_init_externref_table(): void;
  readonly Counter: new (n: number) => { inc(): number; free(): void };
  add(a: number, b: number): number;
  bump(): number;
  fail(kind: string): void;
  readonly __revive: Revive<object>;
}

/** The fixtures, transformed. Under panic=unwind, the wasm file imports nothing but the glue. */
async function load(
  recovery?: Undone,
): Promise<{ readonly pkg: Loaded; readonly module: WebAssembly.Module; make(): WebAssembly.Exports }> {
  const outDir = transformed('bundler', 'unwind', undefined, undefined, recovery);
  const pkg = (await import(pathToFileURL(join(outDir, `${NAME}_bg.js`)).href)) as Loaded;
  const module = new WebAssembly.Module(new Uint8Array(readFileSync(join(outDir, `${NAME}_bg.wasm`))));
  const imports = { [`./${NAME}_bg.js`]: pkg as unknown as WebAssembly.ModuleImports };
  return { pkg, module, make: () => new WebAssembly.Instance(module, imports).exports };
}

/** As glue's users do who make the instance by themselves. */
function start(exports: WebAssembly.Exports): void {
  (exports.__wbindgen_start as () => void)();
}

it('I4, I7: a second instance begins anew, and what belonged to the first is stale', async () => {
  const { pkg, module, make } = await load();
  const first = make();
  pkg.__wbg_set_wasm(first, module);
  start(first);
  const counter = new pkg.Counter(1);
  expect([pkg.bump(), pkg.bump()]).toEqual([101, 102]);
  const second = make();
  pkg.__wbg_set_wasm(second, module);
  start(second);
  expect(pkg.bump()).toBe(101);
  expect(() => counter.inc()).toThrow(expect.objectContaining({ code: 'REVIVE_STALE_HANDLE' }));
  expect(() => counter.free()).not.toThrow();
});

it('I7: an instance that was given before may be given again, for each request say', async () => {
  const { pkg, module, make } = await load();
  const exports = make();
  pkg.__wbg_set_wasm(exports, module);
  start(exports);
  pkg.bump();
  pkg.__wbg_set_wasm(exports, module);
  expect(pkg.bump()).toBe(102);
  expect(() => pkg.fail('abort')).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
  expect(pkg.bump()).toBe(101);
  // It is gone. Another one serves, whose state is to stay.
  pkg.__wbg_set_wasm(exports, module);
  expect(pkg.bump()).toBe(102);
});

it('I2: where no instance can be made yet, a second one is refused, and the first serves on', async () => {
  const { pkg, make } = await load();
  const first = make();
  pkg.__wbg_set_wasm(first);
  start(first);
  pkg.bump();
  let refusal: { readonly code?: string; readonly ready?: Promise<void> } = {};
  const second = make();
  try {
    pkg.__wbg_set_wasm(second);
  } catch (error) {
    refusal = error as typeof refusal;
  }
  expect(refusal.code).toBe('REVIVE_RECOVERING');
  expect(pkg.bump()).toBe(102);
  await refusal.ready;
  expect(pkg.bump()).toBe(103);
  pkg.__wbg_set_wasm(make());
  expect(pkg.bump()).toBe(101);
});

it('I2: a program may make an instance after a failure, too, and start it', async () => {
  const { pkg, module, make } = await load();
  const first = make();
  pkg.__wbg_set_wasm(first, module);
  start(first);
  expect(() => pkg.fail('abort')).toThrow();
  pkg.__wbg_set_wasm(make(), module);
  // What `__wbindgen_start` calls first. (The fixtures' start function calls JavaScript, which an instance that is not in use can't.)
  expect(() => pkg.__wbindgen_init_externref_table()).not.toThrow();
  expect(pkg.bump()).toBe(101);
});

it('I7: turns are undone one by one where the engine gives a module namespace, which has the values of globals', async () => {
  const { pkg, module, make } = await load('rollback');
  const entries = Object.entries(make()).map(([name, value]): [string, unknown] => {
    const isConstant = value instanceof WebAssembly.Global && /canary|changed/.test(name);
    return [name, isConstant ? (value as WebAssembly.Global).value : value];
  });
  const exports = Object.fromEntries(entries) as WebAssembly.Exports;
  pkg.__wbg_set_wasm(exports, module);
  start(exports);
  pkg.bump();
  for (let bump = 2; bump <= 5; bump++) {
    expect(pkg.bump()).toBe(100 + bump);
    expect(() => pkg.fail('abort')).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
  }
  expect([pkg.bump(), pkg.__revive.generation]).toEqual([106, 1]);
});

it('I7: a module namespace has no globals that copies could be put back into, so that a fresh instance follows, of which turns are undone', async () => {
  const { pkg, module, make } = await load('copy');
  const entries = Object.entries(make()).map(([name, value]): [string, unknown] => [
    name,
    value instanceof WebAssembly.Global ? (value.value as unknown) : value,
  ]);
  const exports = Object.fromEntries(entries) as WebAssembly.Exports;
  pkg.__wbg_set_wasm(exports, module);
  start(exports);
  const recoveries: string[] = [];
  pkg.__revive.on('failure', ({ recovery }) => recoveries.push(recovery));
  pkg.bump();
  expect(() => pkg.fail('abort')).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
  expect(pkg.bump()).toBe(101);
  expect(() => pkg.fail('abort')).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
  expect([pkg.bump(), recoveries]).toEqual([102, ['fresh', 'rollback']]);
});
