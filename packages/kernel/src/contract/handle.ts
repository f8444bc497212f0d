/**
 * A handle says which instance it belongs to by its pointer: `__wbg_ptr` is the address plus 2³² × the instance's **space**, a number that no
 * other instance of the module has. Wasm takes a pointer modulo 2³² (`ToInt32`, WebAssembly JavaScript Interface §"ToWebAssemblyValue"), so the
 * glue passes it on as it is. The module's own exports lead to spaces 0, 1, 2 …, one a generation: until something fails, the pointer is the
 * address alone, and a handle is in nothing different from wasm-bindgen's own. It says where it belongs through a `Proxy` (of Vue's, say), too.
 * When all have been used, those are used again that nothing alive bears: see `spaces.ts`.
 *
 * Siblings have the spaces -1, -2 …: so one comparison tells their handles, together with those of former generations.
 */
const ADDRESSES = 2 ** 32;

/** How many there are, of either sign: as far as a double holds every address exactly. Beyond, two objects would have the same pointer. */
export const SPACES: number = (Number.MAX_SAFE_INTEGER + 1) / ADDRESSES;

/** The pointer of a handle that was made in a turn which was undone. No instance has its space. */
export const UNDONE: number = -(SPACES + 1) * ADDRESSES;

/** Where the pointers of a space start. */
export function pointerBase(space: number): number {
  return space * ADDRESSES;
}

/** The space that a pointer is in; undefined for what points nowhere: a freed handle, or an object that is none. */
export function spaceOf(pointer: unknown): number | undefined {
  // Note: a small integer to V8, which a `Map` finds faster.
  return typeof pointer !== 'number' || pointer === 0 || Number.isNaN(pointer) ? undefined : Math.floor(pointer / ADDRESSES) | 0;
}
