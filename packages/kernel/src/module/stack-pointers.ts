import { keys } from '../program/intrinsics.js';
import { GLOBAL_EXPORT_PREFIX } from './abi.js';

/** What the linker calls the shadow stack's pointer. A module without wasm-bindgen exports it with `--export=__stack_pointer`. */
export const STACK_POINTER_EXPORT = '__stack_pointer';

/**
 * In what wasm-bindgen makes, a global that can change is a stack pointer: the shadow stack's, and that of the table slots in which
 * borrowed `externref`s are (wasm-bindgen 0.2.130, `cli-support/src/transforms/externref`). The transform exports those that the linker
 * has not.
 */
export function stackPointerNames(exports: WebAssembly.Exports): string[] {
  return keys(exports).filter((name) => name === STACK_POINTER_EXPORT || name.startsWith(GLOBAL_EXPORT_PREFIX));
}

/** More than a frame takes that anybody has meant to make, in bytes. */
const ROOM = 0x1_0000;

/**
 * The stack pointers of an instance, and where they are while no frame of it is on the stack.
 *
 * Note: none can be had of an instance that an engine has made for an `import` of the wasm file, and of which it gives values in place of
 * globals (Node 22 and later): there, exceptions wear the stack down in the first generation.
 */
export class StackPointers {
  readonly #all: readonly { readonly global: WebAssembly.Global; readonly atRest: unknown }[];

  constructor(exports: WebAssembly.Exports, names: readonly string[]) {
    this.#all = names.flatMap((name) => {
      const global = exports[name];
      return global instanceof WebAssembly.Global ? [{ global, atRest: global.value }] : [];
    });
  }

  /** Where Rust's stack in linear memory is, as an address; the linker makes its pointer before all other globals that can change. */
  get shadowStack(): number | undefined {
    const value: unknown = this.#all[0]?.global.value;
    return typeof value === 'number' ? value >>> 0 : undefined;
  }

  /** Whether the first of them has room. Functions that call no others use what is below the pointer without moving it. */
  get hasRoom(): boolean {
    return !this.overflowed && (this.shadowStack ?? 0) > ROOM;
  }

  /** Whether one of the stacks, which grow down, has passed 0. */
  get overflowed(): boolean {
    return this.#all.some(({ global }) => typeof global.value === 'number' && global.value < 0);
  }

  /**
   * An exception that leaves Rust frames runs none of their epilogues, which put the stack pointers back. With no frame left, they
   * belong where they were before the first one. (An outer frame that goes on puts them right by itself.)
   * @param lent how many bytes of the stack in linear memory JavaScript holds, and gives back by itself
   */
  restore(lent = 0): void {
    this.#all.forEach(({ global, atRest }, index) => {
      global.value = index === 0 && typeof atRest === 'number' ? atRest - lent : atRest;
    });
  }
}
