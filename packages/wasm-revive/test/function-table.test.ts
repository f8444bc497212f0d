/** Functions of Rust that no export is, out of the function table of a transformed package. */
import { afterEach, expect, it, vi } from 'vitest';
import { load, type Package, removeFolders, thrown } from './fixtures.js';

interface WithTable extends Package {
  function_table(): WebAssembly.Table;
}

afterEach(() => {
  vi.unstubAllGlobals();
  removeFolders();
});

/** The places in the table of functions that take something, and that no guard of an export stands before. */
function placesOf(exports: WebAssembly.Exports, table: WebAssembly.Table): number[] {
  const exported = new Set<unknown>(Object.values(exports));
  return Array.from({ length: table.length }, (_, place) => place).filter((place) => {
    const run = table.get(place) as (() => unknown) | null;
    return run !== null && run.length > 0 && !exported.has(run);
  });
}

it('I3: is not entered where its argument has cost the instance when it becomes a number', () => {
  let raw: WebAssembly.Exports = {};
  vi.stubGlobal('WebAssembly', {
    ...Object.fromEntries(Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)])),
    Instance: class extends WebAssembly.Instance {
      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        super(module, imports);
        raw = this.exports;
      }
    },
  });
  const ns = load<WithTable>();
  ns.__revive.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
  const costly = {
    valueOf() {
      thrown(() => ns.fail('abort'));
      return 0;
    },
  };
  const tableOf = (exports: WebAssembly.Exports): WebAssembly.Table =>
    Object.values(exports).find((value) => value instanceof WebAssembly.Table && typeof value.get(1) === 'function') as WebAssembly.Table;
  const places = placesOf(raw, tableOf(raw)).slice(0, 20);
  const given = places.map((place) => {
    const run = ns.function_table().get(place) as (...args: unknown[]) => unknown;
    try {
      return run(costly, costly);
    } catch (error) {
      return error;
    }
  });
  expect(given).toEqual(places.map(() => undefined));
  expect(places.length).toBe(20);
  expect(ns.add(1, 2)).toBe(3);
});
