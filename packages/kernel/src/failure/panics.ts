import type { PanicError } from '../errors.js';
import { BlackBoxSize } from '../module/abi.js';
import { type BlackBox, readBlackBox } from '../module/black-box.js';
import { inMicrotask } from '../program/intrinsics.js';
import { PanicSite } from './panic-site.js';

/** A panic that wasm-bindgen caught at the boundary, with what the crates had written down of it by then: the next one writes over that. */
export interface CaughtPanic {
  readonly error: PanicError;
  readonly blackBox: BlackBox | undefined;
  /** An error with the stack of where Rust panicked; undefined where the crate hasn't said that it did. */
  readonly site: Error | undefined;
}

/** The panics of an instance that nobody has been told of yet. One turn of the executor polls many tasks, so there may be many. */
export class Panics {
  readonly #tell: (panic: CaughtPanic) => void;
  readonly #site = new PanicSite();
  #untold: CaughtPanic[] = [];
  #scheduled = false;

  /** @param tell tells of one that has reached no guard: in a task it reaches a promise instead */
  constructor(tell: (panic: CaughtPanic) => void) {
    this.#tell = tell;
  }

  /** Whether there are any. */
  get areUntold(): boolean {
    return this.#untold.length > 0;
  }

  /** Rust has panicked, and nothing is unwound yet. */
  began(exports: WebAssembly.Exports): void {
    this.#site.note(exports);
  }

  /** wasm-bindgen has caught it. By the next microtask a guard has taken it, or none will. @param payload what it unwound with */
  caught(error: PanicError, payload: unknown, exports: WebAssembly.Exports | undefined): void {
    const blackBox = exports && readBlackBox(exports);
    // Another one may have been written down since, in a destructor that caught it; and what `resume_unwind` starts, nobody writes down.
    const isThis = blackBox?.panic !== undefined && isOf(payload, blackBox.panic.message);
    this.#untold.push({ error, blackBox: isThis ? blackBox : undefined, site: isThis && exports ? this.#site.of(exports) : undefined });
    if (this.#scheduled) return;
    this.#scheduled = true;
    inMicrotask(() => {
      this.#scheduled = false;
      for (let panic = this.#untold.shift(); panic !== undefined; panic = this.#untold.shift()) this.#tell(panic);
    });
  }

  /** The one that this is the error of; whoever takes it tells it. */
  take(error: unknown): CaughtPanic | undefined {
    const found = this.#untold.find((panic) => panic.error === error);
    if (found !== undefined) this.#untold = this.#untold.filter((panic) => panic !== found);
    return found;
  }

  /** The instance is lost, which is told instead. */
  forget(): void {
    this.#untold = [];
    this.#site.forget();
  }
}

/** What the crate writes down of a payload that is no text (`wasm_revive_abi::panic_hook::payload_text`). */
const NO_TEXT = 'Box<dyn Any>';

/** Whether a payload may be of the panic that has been written down in these words, of which there is room for the beginning. */
function isOf(payload: unknown, written: string): boolean {
  if (typeof payload !== 'string' || written === NO_TEXT) return true;
  return written.length < BlackBoxSize.panicMessage / 4
    ? payload === written
    : payload.startsWith(written.slice(0, BlackBoxSize.panicMessage / 4));
}
