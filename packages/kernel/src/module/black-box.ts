import type { Location } from '../failure/failure.js';
import { WITH_CRATES } from '../left-out.js';
import {
  ABI_VERSION,
  BLACK_BOX_EXPORT,
  BLACK_BOX_MAGIC,
  BlackBoxOffset,
  BlackBoxSize,
  BREADCRUMBS_EXPORT,
  BREADCRUMBS_MAGIC,
  BreadcrumbsOffset,
  BreadcrumbsSize,
  PERSIST_EXPORT,
  PERSIST_MAGIC,
  PersistSize,
} from './abi.js';
import { globalValue } from './global-value.js';

/** What Rust said was running, by the entrypoint-shim crate's `entry` and `named`. */
export interface Running {
  readonly entrypoint?: string;
  /** The task that was being polled. */
  readonly task?: number;
}

/** What the crates wrote down before the instance failed. */
export interface BlackBox {
  /** How many panics have been recorded since the last one was told. */
  readonly panicCount: number;
  readonly panic?: { readonly message: string; readonly location: Location };
  /** When it panicked: unwinding drops the marks. */
  readonly runningAtPanic?: Running;
  readonly failedAllocation?: { readonly size: number; readonly align: number };
  readonly running: Running;
  readonly reinitRequested: boolean;
}

/**
 * Reads the black box out of an instance's memory, without running any Wasm.
 * @returns undefined when the module has none, or when its memory holds something else there
 */
export function readBlackBox(exports: WebAssembly.Exports): BlackBox | undefined {
  const view = blackBoxView(exports);
  return WITH_CRATES && view !== undefined ? written(view) : undefined;
}

function written(view: DataView): BlackBox {
  const word = (offset: number): number => view.getUint32(offset, true);
  const panicCount = word(BlackBoxOffset.panicCount);
  const failedSize = word(BlackBoxOffset.failedAllocationSize);
  return {
    panicCount,
    ...(panicCount > 0 && {
      panic: {
        message: textAt(view, BlackBoxOffset.panicMessage, word(BlackBoxOffset.panicMessageLength), BlackBoxSize.panicMessage),
        location: {
          file: textAt(view, BlackBoxOffset.panicFile, word(BlackBoxOffset.panicFileLength), BlackBoxSize.panicFile),
          line: word(BlackBoxOffset.panicLine),
          column: word(BlackBoxOffset.panicColumn),
        },
      },
      runningAtPanic: readRunning(view, 'panicEntrypoint', 'panicEntrypointLength', 'panicTaskId'),
    }),
    ...(failedSize > 0 && {
      failedAllocation: { size: failedSize, align: word(BlackBoxOffset.failedAllocationAlign) },
    }),
    running: readRunning(view, 'entrypoint', 'entrypointLength', 'taskId'),
    reinitRequested: word(BlackBoxOffset.reinitRequested) !== 0,
  };
}

/**
 * Reads the last texts that the program left, oldest first, without running any Wasm. None when the module has none, or when its memory
 * holds something else there.
 */
export function readBreadcrumbs(exports: WebAssembly.Exports): string[] {
  const view = WITH_CRATES ? recordView(exports, BREADCRUMBS_EXPORT, BREADCRUMBS_MAGIC, BreadcrumbsSize.total) : undefined;
  return WITH_CRATES && view !== undefined ? left(view) : [];
}

function left(view: DataView): string[] {
  const { count, each, text } = BreadcrumbsSize;
  const started = view.getUint32(BreadcrumbsOffset.started, true);
  const texts: string[] = [];
  for (let number = Math.max(0, started - count); number < started; number++) {
    const at = BreadcrumbsOffset.first + (number % count) * each;
    const length = view.getUint32(at, true);
    if (length > 0) texts.push(textAt(view, at + 4, length, text));
  }
  return texts;
}

/** How many panics have been recorded since the last one was told; 0 where there is no black box. */
export function readPanicCount(exports: WebAssembly.Exports): number {
  return blackBoxView(exports)?.getUint32(BlackBoxOffset.panicCount, true) ?? 0;
}

/** Takes out the panic that has been told, so that it isn't blamed for an abort that comes later. */
export function forgetPanic(exports: WebAssembly.Exports): void {
  blackBoxView(exports)?.setUint32(BlackBoxOffset.panicCount, 0, true);
}

/** Tells Rust its generation. */
export function writeGeneration(exports: WebAssembly.Exports, generation: number): void {
  blackBoxView(exports)?.setUint32(BlackBoxOffset.generation, generation, true);
}

/** Takes out the marks of what was running: with no frame left nothing runs, and what left by throwing has not taken its mark with it. */
export function forgetRunning(exports: WebAssembly.Exports): void {
  const view = blackBoxView(exports);
  view?.setUint32(BlackBoxOffset.entrypointLength, 0, true);
  view?.setUint32(BlackBoxOffset.taskId, 0, true);
}

/** The bytes of the black box in the instance's memory; undefined when there is none. Grows stale when memory grows. */
export function blackBoxView(exports: WebAssembly.Exports): DataView | undefined {
  return WITH_CRATES ? recordView(exports, BLACK_BOX_EXPORT, BLACK_BOX_MAGIC, BlackBoxSize.total) : undefined;
}

/** The same of the requests about what the program persists. */
export function persistView(exports: WebAssembly.Exports): DataView | undefined {
  return recordView(exports, PERSIST_EXPORT, PERSIST_MAGIC, PersistSize.total);
}

function recordView(exports: WebAssembly.Exports, name: string, magic: number, size: number): DataView | undefined {
  const address: unknown = exports[name];
  const memory = exports.memory;
  if (address === undefined || !(memory instanceof WebAssembly.Memory)) return undefined;
  const at = Number(globalValue(address)) >>> 0;
  if (at === 0 || at + size > memory.buffer.byteLength) return undefined;
  const view = new DataView(memory.buffer, at, size);
  // Both records begin alike.
  if (view.getUint32(BlackBoxOffset.magic, true) !== magic) return undefined;
  return view.getUint32(BlackBoxOffset.abi, true) === ABI_VERSION ? view : undefined;
}

type Field = keyof typeof BlackBoxOffset;

function readRunning(view: DataView, name: 'entrypoint' | 'panicEntrypoint', nameLength: Field, taskId: Field): Running {
  const entrypoint = nameAt(view.buffer, view.getUint32(BlackBoxOffset[name], true), view.getUint32(BlackBoxOffset[nameLength], true));
  const task = view.getUint32(BlackBoxOffset[taskId], true);
  return { ...(entrypoint && { entrypoint }), ...(task > 0 && { task }) };
}

/** The longest name that is told, in bytes: what is longer is none of the program's. */
const LONGEST_NAME = 128;

/** A name that Rust has somewhere in its memory. What isn't text has been overwritten, and is nobody's name. */
function nameAt(memory: ArrayBufferLike, address: number, length: number): string | undefined {
  if (length === 0 || length > LONGEST_NAME || address + length > memory.byteLength) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(memory, address, length).slice());
  } catch {
    return undefined;
  }
}

function textAt(view: DataView, offset: number, length: number, capacity: number): string {
  // A copy: decoders refuse memory that can grow or be shared.
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + offset, Math.min(length, capacity)).slice());
}
