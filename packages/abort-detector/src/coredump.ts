/**
 * A WebAssembly coredump of an instance that aborted, for debuggers.
 * @module
 */

import { type CrashReport, type Frame, GLOBAL_EXPORT_PREFIX, type InstanceView, type Plugin } from '@wasm-revive/kernel';
import { type CoredumpFrame, encodeCoredump } from './encode-coredump.js';
import { type FunctionBodies, functionBodies } from './function-bodies.js';

/** Options of {@link coredump}. */
export interface CoredumpOptions {
  /**
   * Given each coredump, at the abort, before its caller is told; the memory is let go afterwards. A program has to put it where only those
   * can read it who may see everything that the instance held. What it throws, or rejects with, is logged and can't break recovery.
   */
  readonly write: (bytes: Uint8Array<ArrayBuffer>, report: CrashReport) => void | Promise<void>;
  /**
   * The wasm file that ran, read when there is something to write. With it, frames say which instruction of a function they stopped at;
   * without, only which function.
   */
  readonly wasm?: () => Uint8Array;
}

/**
 * Writes a coredump whenever an abort costs an instance, or a turn of it: its whole memory, its mutable globals and its stack.
 *
 * **Warning:** it holds everything that was in memory: keys, tokens, passwords and the data of every request that the instance served.
 * `redact` has no say in it. Nothing is written unless this plugin is added, nor to anywhere but `write`; each time, a line on the
 * console warns.
 *
 * The format is that of WebAssembly/tool-conventions, `Coredump.md`. Pages of zeros are left out. A frame has no locals: engines don't tell them.
 */
export function coredump({ write, wasm }: CoredumpOptions): Plugin {
  return {
    name: 'coredump',
    lost: dump,
    undone: dump,
  };

  function dump(instance: InstanceView, report: CrashReport): void {
    const bytes = take(instance, report, wasm);
    console.warn(
      `wasm-revive: writing a coredump of ${report.module} (${bytes.length} bytes). It holds everything that was in memory, secrets included.`,
    );
    Promise.resolve(write(bytes, report)).catch((error: unknown) => console.error('wasm-revive: a coredump was not written:', error));
  }
}

function take({ exports = {} }: InstanceView, report: CrashReport, wasm: CoredumpOptions['wasm']): Uint8Array<ArrayBuffer> {
  const { module, build, failure } = report;
  const { memory } = exports;
  return encodeCoredump({
    process: module,
    module: build === undefined ? module : `${module} build ${build.id}`,
    frames: failure.kind === 'aborted' ? locate(failure.frames, build?.codeOffset, wasm) : [],
    memory: memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : undefined,
    globals: mutableGlobals(exports),
  });
}

/** Frames as the format has them: with offsets in their functions, where the file is at hand, and is the one that ran. */
function locate(frames: readonly Frame[], codeOffset: number | undefined, wasm: CoredumpOptions['wasm']): CoredumpFrame[] {
  const bodies = wasm && functionBodiesOf(wasm);
  const known = codeOffset === undefined || codeOffset === bodies?.codeOffset ? bodies : undefined;
  return frames.flatMap(({ index, offset = 0 }) => {
    if (index === undefined) return [];
    return [{ index, codeOffset: offset - (known?.startOf(offset) ?? offset) }];
  });
}

/** Undefined when the file can't be read: that is no reason to go without a coredump. */
function functionBodiesOf(wasm: () => Uint8Array): FunctionBodies | undefined {
  try {
    return functionBodies(wasm());
  } catch (error) {
    console.error('wasm-revive: a coredump goes without offsets, for the wasm file could not be read:', error);
    return undefined;
  }
}

/** By their index, see `GLOBAL_EXPORT_PREFIX`. */
function mutableGlobals(exports: WebAssembly.Exports): (number | bigint | undefined)[] {
  const globals: (number | bigint | undefined)[] = [];
  for (const [name, global] of Object.entries(exports)) {
    if (!name.startsWith(GLOBAL_EXPORT_PREFIX) || !(global instanceof WebAssembly.Global)) continue;
    const value: unknown = global.value;
    if (typeof value === 'number' || typeof value === 'bigint') globals[Number(name.slice(GLOBAL_EXPORT_PREFIX.length))] = value;
  }
  return Array.from(globals);
}
