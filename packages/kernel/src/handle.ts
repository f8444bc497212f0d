import { ReviveError } from './errors.js';

/**
 * A handle says which instance it belongs to by its pointer: `__wbg_ptr` is the address plus the instance's {@link pointerBase}, a multiple
 * of 2³². Wasm takes a pointer modulo 2³² (`ToInt32`, WebAssembly JavaScript Interface §"ToWebAssemblyValue"), so the glue passes it on as
 * it is. In the first generation it is the address alone: until something fails, a handle is in nothing different from wasm-bindgen's own,
 * and it says where it belongs through a `Proxy` (of Vue's, say), too.
 *
 * The pointers of siblings, which stand beside the instance that the module's own exports lead to, are below zero: one comparison tells their
 * handles from those of that instance, together with those of former generations.
 */
const ADDRESSES = 2 ** 32;

/** The last generation in which a double holds every address exactly. In a later one, two objects would have the same pointer. */
export const LAST_GENERATION: number = (Number.MAX_SAFE_INTEGER + 1) / ADDRESSES;

/**
 * Where the pointers of a generation start.
 * @throws ReviveError `REVIVE_CRASH_LOOP` past the last generation whose pointers are exact
 */
export function pointerBase(generation: number): number {
  if (generation > LAST_GENERATION) {
    throw new ReviveError(
      'REVIVE_CRASH_LOOP',
      `The module has been started ${LAST_GENERATION} times, and can't be started again: the pointers of another instance could ` +
        'not be told apart. Load the program again: reload the page, or restart the process or the worker.',
    );
  }
  return (generation - 1) * ADDRESSES;
}

/**
 * Where the pointers of a sibling start, by its number among all that there have been, counted from 1.
 * @throws ReviveError `REVIVE_CRASH_LOOP` past the last number whose pointers are exact
 */
export function siblingBase(number: number): number {
  return -pointerBase(number) - ADDRESSES;
}

/** Where the pointers start of the instance that a pointer belongs to; undefined for what points nowhere: a freed handle, or an object that is none. */
export function baseOf(pointer: unknown): number | undefined {
  if (typeof pointer !== 'number' || pointer === 0 || Number.isNaN(pointer)) return undefined;
  return Math.floor(pointer / ADDRESSES) * ADDRESSES;
}

/** The generation whose pointers start there; undefined for a sibling. */
export function generationAt(base: number): number | undefined {
  return base < 0 ? undefined : base / ADDRESSES + 1;
}
