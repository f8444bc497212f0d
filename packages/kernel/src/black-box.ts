import { ABI_VERSION, BLACK_BOX_EXPORT, BLACK_BOX_MAGIC, BlackBoxOffset, BlackBoxSize } from './abi.js';
import type { Location } from './failure.js';

/** What the crates wrote down before the instance failed. */
export interface BlackBox {
  /** How many panics have been recorded since the last one was told. */
  readonly panicCount: number;
  readonly panic?: { readonly message: string; readonly location: Location };
  readonly failedAllocation?: { readonly size: number; readonly align: number };
  readonly entrypoint?: string;
  readonly taskId?: number;
  readonly reinitRequested: boolean;
}

/**
 * Reads the black box out of an instance's memory, without running any Wasm.
 * @returns undefined when the module has none, or when its memory holds something else there
 */
export function readBlackBox(exports: WebAssembly.Exports): BlackBox | undefined {
  const view = blackBoxView(exports);
  if (view === undefined) return undefined;
  const word = (offset: number): number => view.getUint32(offset, true);
  const text = (offset: number, length: number, capacity: number): string =>
    new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + offset, Math.min(length, capacity)).slice());
  const panicCount = word(BlackBoxOffset.panicCount);
  const failedSize = word(BlackBoxOffset.failedAllocationSize);
  const entrypointLength = word(BlackBoxOffset.entrypointLength);
  const taskId = word(BlackBoxOffset.taskId);
  return {
    panicCount,
    ...(panicCount > 0 && {
      panic: {
        message: text(BlackBoxOffset.panicMessage, word(BlackBoxOffset.panicMessageLength), BlackBoxSize.panicMessage),
        location: {
          file: text(BlackBoxOffset.panicFile, word(BlackBoxOffset.panicFileLength), BlackBoxSize.panicFile),
          line: word(BlackBoxOffset.panicLine),
          column: word(BlackBoxOffset.panicColumn),
        },
      },
    }),
    ...(failedSize > 0 && {
      failedAllocation: { size: failedSize, align: word(BlackBoxOffset.failedAllocationAlign) },
    }),
    ...(entrypointLength > 0 && {
      entrypoint: text(BlackBoxOffset.entrypoint, entrypointLength, BlackBoxSize.entrypoint),
    }),
    ...(taskId > 0 && { taskId }),
    reinitRequested: word(BlackBoxOffset.reinitRequested) !== 0,
  };
}

/** Takes out the panic that has been told, so that it isn't blamed for an abort that comes later. */
export function forgetPanic(exports: WebAssembly.Exports): void {
  blackBoxView(exports)?.setUint32(BlackBoxOffset.panicCount, 0, true);
}

/** The bytes of the black box in the instance's memory; undefined when there is none. Grows stale when memory grows. */
export function blackBoxView(exports: WebAssembly.Exports): DataView | undefined {
  const address: unknown = exports[BLACK_BOX_EXPORT];
  const memory = exports.memory;
  if (address === undefined || !(memory instanceof WebAssembly.Memory)) return undefined;
  // A module namespace has the value itself.
  const at = Number(address instanceof WebAssembly.Global ? address.value : address) >>> 0;
  if (at === 0 || at + BlackBoxSize.total > memory.buffer.byteLength) return undefined;
  const view = new DataView(memory.buffer, at, BlackBoxSize.total);
  if (view.getUint32(BlackBoxOffset.magic, true) !== BLACK_BOX_MAGIC) return undefined;
  return view.getUint32(BlackBoxOffset.abi, true) === ABI_VERSION ? view : undefined;
}
