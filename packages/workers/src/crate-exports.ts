/**
 * Whether an export is no handler, and no method for others: what wasm-bindgen and the `worker` crate export for themselves begins with `__`, but for what
 * version 0.6 and 0.7 of the crate have for upstream's shim.
 */
export function isForItself(name: string): boolean {
  return name.startsWith('__') || name === 'setPanicHook';
}
