type Callable = (...args: unknown[]) => unknown;

/** Imports with a guard in the place of each function. */
export function mapImports(imports: WebAssembly.Imports, guard: (call: Callable) => Callable): WebAssembly.Imports {
  const guarded = (value: WebAssembly.ImportValue): WebAssembly.ImportValue =>
    typeof value === 'function' ? guard(value as Callable) : value;
  return mapValues(imports, (names) => mapValues(names, guarded));
}

function mapValues<V, R>(object: Readonly<Record<string, V>>, map: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
