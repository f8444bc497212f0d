/** The value of a constant global that an instance exports. A module namespace (WebAssembly/ES module integration) may have the value itself. */
export function globalValue<T extends number | bigint>(exported: unknown): T | undefined {
  return (exported instanceof WebAssembly.Global ? exported.value : exported) as T | undefined;
}
