import { is } from '../program/intrinsics.js';

/** What an import threw into Rust frames. */
export interface Crossed {
  readonly error: unknown;
  /** Whether Rust expects it: the import is there for throwing, or may unwind. */
  readonly deliberate: boolean;
  /** The Wasm exception with which Rust unwinds for it. */
  readonly exception: unknown;
  /** Whether it was reported before, when it left frames further in. */
  readonly isReported: boolean;
}

/** What imports throw into the frames of an instance, until it has left them or Rust has caught it. */
export class Crossings {
  #last: Crossed | undefined;
  /** What was reported and then thrown to JavaScript, with how many imports were running: the innermost of them has it. */
  #reported: readonly { readonly error: unknown; readonly imports: number }[] = [];

  /** An import threw. @param error the value itself, not the exception that carries it @param imports how many are still running */
  threw(error: unknown, deliberate: boolean, imports: number): void {
    const isReported = this.#reported.some((one) => one.imports > imports && is(one.error, error));
    this.returned(imports);
    // wasm-bindgen throws what Rust unwound with by an import of its own.
    const exception = this.#isLast(error) ? this.#last?.exception : undefined;
    this.#last = { error, deliberate, exception, isReported };
  }

  /** An import returned, so what JavaScript had in it is swallowed: when it is thrown once more, it is a new failure. */
  returned(imports: number): void {
    this.#reported = this.#reported.filter((one) => one.imports <= imports);
  }

  /** What an import threw was reported, and goes on to the JavaScript that called: it matters now whether an import that runs swallows it. */
  reported(error: unknown, imports: number): void {
    this.#reported = [...this.#reported, { error, imports }];
  }

  /** Rust unwinds with what an import threw. */
  unwinding(exception: unknown): void {
    if (this.#last !== undefined) this.#last = { ...this.#last, exception };
  }

  /** Whether Rust has unwound with this because an import threw it. */
  unwoundWith(payload: unknown): boolean {
    return this.#last?.exception !== undefined && this.#isLast(payload);
  }

  /** Rust panics by itself. What is no object may be the message of that, too, and isn't known by its identity. */
  panicked(): void {
    const error = this.#last?.error;
    if (typeof error !== 'object' && typeof error !== 'function') this.#last = undefined;
  }

  /** Something left the instance: gives what an import threw, if it is that, and is done with it. */
  left(error: unknown, payload: unknown): Crossed | undefined {
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined) return undefined;
    const isItself = is(last.error, payload);
    return isItself || (last.exception !== undefined && last.exception === error) ? last : undefined;
  }

  /** The instance is lost, and what it is told of no longer matters. */
  forget(): void {
    this.#last = undefined;
    this.#reported = [];
  }

  #isLast(error: unknown): boolean {
    return this.#last !== undefined && is(this.#last.error, error);
  }
}
