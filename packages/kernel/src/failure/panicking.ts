import { PANICKING_EXPORT } from '../module/abi.js';
import { readPanicCount } from '../module/black-box.js';
import { catchesPanics, type ModuleFacts } from '../module/module.js';

/** How far Rust is with a panic: there is `none`; its `hook` runs; it is `unwinding`, or about to abort. */
export type PanicPhase = 'none' | 'hook' | 'unwinding';

/** More panics than go on at once: a word that is higher counts something else. */
const MOST_PANICS = 0xffff;

/**
 * What Rust believes of its panics, read from an instance.
 *
 * Where the transform has found it, that is the standard library's own count: `LOCAL_PANIC_COUNT` in `std::panicking::panic_count`, with a byte
 * behind that says whether the hook runs. Elsewhere the crates are asked.
 */
export class Panicking {
  readonly #exports: WebAssembly.Exports;
  readonly #module: ModuleFacts;
  /** Whether Rust counts for ever a panic that has ended, because nobody could tell it so: what it says of panics means nothing from then on. */
  #isMiscounted = false;

  constructor(exports: WebAssembly.Exports, module: ModuleFacts) {
    this.#exports = exports;
    this.#module = module;
  }

  /** How far Rust is with a panic; undefined where that isn't known. Runs nothing. */
  get phase(): PanicPhase | undefined {
    const view = this.#count();
    if (view === undefined) return undefined;
    const [count, inHook] = [view.getUint32(0, true), view.getUint8(4)];
    if (count > MOST_PANICS || inHook > 1) return undefined;
    return count === 0 ? 'none' : inHook === 1 ? 'hook' : 'unwinding';
  }

  /**
   * Whether a panic goes on that nobody will end, now that something has left the instance by throwing, which was no trap. Who threw it doesn't
   * matter: what leaves while Rust panics takes the panic's frames with it. May run the unwind-catcher crate.
   *
   * Where panics are caught, one of frames further out may go on and end well. There that can be told only when no frame is left.
   *
   * @param quiescent whether no frame of the instance is on the stack
   */
  isLeft(quiescent: boolean): boolean {
    const unwinds = catchesPanics(this.#module);
    if (unwinds && !quiescent) return false;
    const { phase } = this;
    if (phase !== undefined) return phase !== 'none';
    if (this.#isMiscounted) return false;
    const panicking = this.#exports[PANICKING_EXPORT];
    if (typeof panicking === 'function') return quiescent && panicking() !== 0;
    // Under panic=abort no panic that has been written down ends in another way.
    return !unwinds && readPanicCount(this.#exports) > 0;
  }

  /**
   * Says that a panic has ended which left the instance as an exception that nobody in Rust has caught: it is counted no longer, as if Rust had
   * caught it. The other count that Rust has says only whether this one is worth a look.
   */
  ended(): void {
    const view = this.#count();
    const { phase } = this;
    if (view === undefined || phase === undefined || phase === 'none') {
      this.#isMiscounted = true;
      return;
    }
    view.setUint32(0, view.getUint32(0, true) - 1, true);
    view.setUint8(4, 0);
  }

  #count(): DataView | undefined {
    const { memory } = this.#exports;
    const { panicCount: address } = this.#module;
    if (address === undefined || !(memory instanceof WebAssembly.Memory) || address + 5 > memory.buffer.byteLength) return undefined;
    return new DataView(memory.buffer, address, 5);
  }
}

/** {@link Panicking} as plugins see it: of any copy of this package. */
export type PanickingView = Pick<Panicking, 'phase' | 'isLeft' | 'ended'>;
