import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Location } from '@wasm-revive/kernel';
// Made from `crates/symbolicate` by `scripts/generate-wasm.mjs`.
import { excerpt, initSync, demangle as rustDemangle, symbolicate } from '../generated/symbolicate.js';
import { SymbolicateError } from './errors.js';

/** A function of the source that a frame was in. */
export interface SourceFunction {
  /** Demangled. */
  readonly name?: string;
  /** What was being executed in it. The column is 0 where it isn't known. */
  readonly place?: Location;
}

/** What a module says of frames: `Told` in `crates/symbolicate/src/binding.rs`. */
export interface ToldFrames {
  readonly hasDebugInfo: boolean;
  /** What its section `build_id` holds, in hexadecimal digits. */
  readonly buildId: string | null;
  /** What its section `external_debug_info` holds: where its debug information is, from its own URL on. */
  readonly debugFile: string | null;
  /** Where the contents of the code section begin and end, in bytes. */
  readonly code: readonly [begin: number, end: number];
  readonly frames: readonly ToldFrame[];
}

/** What it says of one: `Symbolicated` in `crates/symbolicate/src/symbols.rs`. */
export interface ToldFrame {
  readonly functions: readonly SourceFunction[];
  readonly approximate: boolean;
  readonly fit: 'fits' | 'other-code' | 'stale-debug-info';
}

let ready = false;

function load(): void {
  if (ready) return;
  // Both `src/` and `dist/` lie next to `generated/`, so this holds before and after bundling.
  const own = new URL('../generated/symbolicate.wasm', import.meta.url);
  try {
    initSync({ module: readFileSync(own) });
  } catch (cause) {
    throw new SymbolicateError(
      'REVIVE_BROKEN_INSTALLATION',
      `${fileURLToPath(own)}, a file of wasm-revive itself, is missing or broken: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Install wasm-revive again; in a checkout of it, run `npm run setup` and `npm run build`.',
      { cause },
    );
  }
  ready = true;
}

/**
 * @param frames a function's index and an offset in the code section each, −1 where one isn't known, Infinity where it is in no function
 * @throws Error when the module can't be read
 */
export function askModule(module: Uint8Array, frames: readonly (readonly [index: number, offset: number])[]): ToldFrames {
  load();
  return JSON.parse(symbolicate(module, Float64Array.from(frames.flat()))) as ToldFrames;
}

/** A function's name as its author wrote it. What isn't mangled stays as it is. */
export function demangle(name: string): string {
  load();
  return rustDemangle(name);
}

/** A line of the source, as rustc shows it. */
export function showLine(
  title: string,
  source: { readonly text: string; readonly path: string; readonly line: number; readonly column: number },
  label: string,
  colour: boolean,
): string {
  load();
  return excerpt(title, source.text, source.path, source.line, source.column, label, colour);
}
