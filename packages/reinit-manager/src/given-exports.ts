/** What generated code, or the program, has given in place of an instance. */

/** Whether these are exports, and not an object that makes them when one is read, or throws until there are some. Reads none. */
export function isThere(exports: object): boolean {
  try {
    return Reflect.ownKeys(exports).length > 0;
  } catch {
    return false;
  }
}

/**
 * The instance behind a module namespace (WebAssembly/ES module integration), if there is one.
 * @param certainly these are exports, however lazily they are made
 *
 * Note: newer engines take the globals of a namespace out of their objects, and have `namespaceInstance` to get at the instance itself.
 */
export function instanceOf(namespace: object, certainly: boolean): Pick<WebAssembly.Instance, 'exports'> | undefined {
  if (!certainly && !('memory' in namespace && namespace.memory instanceof WebAssembly.Memory)) return undefined;
  const { namespaceInstance } = WebAssembly as { namespaceInstance?: (namespace: object) => WebAssembly.Instance };
  let instance: WebAssembly.Instance | undefined;
  try {
    instance = namespaceInstance?.(namespace);
  } catch {
    // Not the engine's namespace, but a bundler's.
  }
  return instance ?? { exports: namespace as unknown as WebAssembly.Exports };
}
