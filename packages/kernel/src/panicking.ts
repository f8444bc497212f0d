import { PANICKING_EXPORT } from './abi.js';
import { readPanicCount } from './black-box.js';
import type { InstanceView } from './plugin.js';

/** How far Rust is with a panic: there is `none`; its `hook` runs; it is `unwinding`, or about to abort. */
export type PanicPhase = 'none' | 'hook' | 'unwinding';

/** More panics than go on at once: a word that is higher counts something else. */
const MOST_PANICS = 0xffff;

/**
 * Reads how far Rust is with a panic, without running anything of it.
 * @param address of `LOCAL_PANIC_COUNT` in `std::panicking::panic_count`, a count with a byte behind that says whether the hook runs
 * @returns undefined where that isn't known
 */
export function readPanicPhase(exports: WebAssembly.Exports | undefined, address: number | undefined): PanicPhase | undefined {
  const view = countView(exports, address);
  if (view === undefined) return undefined;
  const [count, inHook] = [view.getUint32(0, true), view.getUint8(4)];
  if (count > MOST_PANICS || inHook > 1) return undefined;
  return count === 0 ? 'none' : inHook === 1 ? 'hook' : 'unwinding';
}

/**
 * Counts one panic less, as Rust does when it catches one: JavaScript has caught it in its place. The other count that Rust has says only whether
 * this one is worth a look. @returns whether that could be done
 */
export function countPanicDown(exports: WebAssembly.Exports | undefined, address: number | undefined): boolean {
  const view = countView(exports, address);
  const phase = readPanicPhase(exports, address);
  if (view === undefined || phase === undefined || phase === 'none') return false;
  view.setUint32(0, view.getUint32(0, true) - 1, true);
  view.setUint8(4, 0);
  return true;
}

function countView(exports: WebAssembly.Exports | undefined, address: number | undefined): DataView | undefined {
  const memory = exports?.memory;
  if (address === undefined || !(memory instanceof WebAssembly.Memory) || address + 5 > memory.buffer.byteLength) return undefined;
  return new DataView(memory.buffer, address, 5);
}

/**
 * Whether a panic goes on that nobody will end, now that something has left the instance by throwing, which was no trap. Who threw it doesn't
 * matter: what leaves while Rust panics takes the panic's frames with it.
 *
 * Where panics are caught, one of frames further out may go on and end well. There that can be told only when no frame is left.
 */
export function isLeftPanicking({
  exports,
  unwinds,
  quiescent,
  panicPhase,
  miscounted,
}: Pick<InstanceView, 'exports' | 'unwinds' | 'quiescent' | 'panicPhase' | 'miscounted'>): boolean {
  if (unwinds && !quiescent) return false;
  if (panicPhase !== undefined) return panicPhase !== 'none';
  if (exports === undefined || miscounted) return false;
  const panicking = exports[PANICKING_EXPORT];
  if (typeof panicking === 'function') return quiescent && panicking() !== 0;
  // Under panic=abort no panic that has been written down ends in another way.
  return !unwinds && readPanicCount(exports) > 0;
}
