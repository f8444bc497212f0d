import type { Location } from '@wasm-revive/kernel';
import type { SymbolicatedFrame } from './symbolicate.js';
import { demangle } from './wasm.js';

/** A function of a stack: one of the frames, or one that was inlined into it. */
export interface Line {
  readonly name: string;
  readonly place: Location | undefined;
  readonly inlined: boolean;
  readonly approximate: boolean;
  /** Whether it is Rust's own, or wasm-bindgen's. */
  readonly library: boolean;
}

/** How functions of the standard library are called, generic code of theirs and closures included. */
const LIBRARY_NAME =
  /^(?:<+&*(?:mut )?(?:dyn )?|impl )*(?:core|std|alloc|panic_abort|panic_unwind|compiler_builtins|dlmalloc|wasm_bindgen|wasm_bindgen_futures|js_sys|__rustc|rust_panic|__rust|__rdl|__rg|__wbg|__wbindgen)(?:$|[:_])/;

/** What wasm-bindgen puts around imports and exports. */
const BINDGEN_SHIM = / (?:externref shim|multivalue shim|catch wrapper|sp wrapper)$/;

/** Where it stands: as it is released (what it depends on, too), or as rustup and Debian install it. */
const LIBRARY_FILE =
  /(?:^|[\\/])(?:rustc[\\/][0-9a-f]{40}|rustlib[\\/]src[\\/]rust|rustc-\d[^\\/]*)[\\/]library[\\/]|^[\\/]rust[\\/]deps[\\/]|[\\/](?:wasm-bindgen|wasm-bindgen-futures|js-sys)-\d/;

/** The functions of a stack, innermost first. */
export function linesOf(frames: readonly SymbolicatedFrame[]): Line[] {
  return frames.flatMap((frame) => {
    const source = frame.source ?? [{}];
    return source.map((fn, index): Line => {
      const outermost = index === source.length - 1;
      const known = fn.name ?? (outermost ? frame.function : undefined);
      const name = known === undefined ? `function ${frame.index ?? '?'}` : demangle(known);
      const { place } = fn;
      const library = BINDGEN_SHIM.test(name) || (place === undefined ? LIBRARY_NAME.test(name) : LIBRARY_FILE.test(place.file));
      return { name, place, inlined: !outermost, approximate: frame.approximate === true && outermost, library };
    });
  });
}
