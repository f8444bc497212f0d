/**
 * A handle says which instance it belongs to by its pointer: `__wbg_ptr` is the address plus the instance's {@link pointerBase}, a multiple
 * of 2³². Wasm takes a pointer modulo 2³² (`ToInt32`, WebAssembly JavaScript Interface §"ToWebAssemblyValue"), so the glue passes it on as
 * it is. In the first generation it is the address alone: until something fails, a handle is in nothing different from wasm-bindgen's own,
 * and it says where it belongs through a `Proxy` (of Vue's, say), too.
 *
 * Good for 2²¹ generations, after which a double has no bits left for the address.
 */
const ADDRESSES = 2 ** 32;

/** Where the pointers of a generation start. */
export function pointerBase(generation: number): number {
  return (generation - 1) * ADDRESSES;
}

/** The generation that a pointer belongs to; undefined for what points nowhere: a freed handle, or an object that is none. */
export function pointerGeneration(pointer: unknown): number | undefined {
  return typeof pointer === 'number' && pointer > 0 ? Math.floor(pointer / ADDRESSES) + 1 : undefined;
}
