/**
 * The panic that Rust has on its stack when it aborts: told without the crates, and without running anything of the instance.
 *
 * Under panic=abort nothing is unwound, so that what `core::panicking::panic_fmt` put there for the panic handler is still there
 * (`core::panic::PanicInfo`, Rust 1.95–1.97): one pointer to the message as `fmt::Arguments`, and beside it one to the `Location`. The words
 * are looked at from the stack pointer up, and believed only where everything that they point to is what it should be.
 *
 * Note: no regular expressions, see `wasmFrames` in the kernel.
 */
import type { Location } from '@wasm-revive/kernel';

/** What was found. */
export interface PanicOnStack {
  /** Rust's words; `…` for an argument whose text isn't in memory yet. Undefined where the message isn't there. */
  readonly message?: string;
  readonly location: Location;
}

/** How far up the stack is looked, in bytes: between the two there are a handful of frames of the standard library (*measured*: 56 to 96). */
const REACH = 1024;

/** No text of a program is below, in bytes: the linker leaves it free. */
const LOWEST = 1024;

/** The longest text that is taken for a message or one of its arguments, and the longest path, in bytes. */
const LONGEST_TEXT = 1024;
const LONGEST_PATH = 512;

/** What stands for an argument that isn't text. */
const UNTOLD = '…';

/**
 * Reads the panic that is going on.
 * @param stackPointer where the stack in linear memory ended when it trapped, as an address
 * @returns undefined where there is none
 */
export function panicOnStack(memory: WebAssembly.Memory, stackPointer: number): PanicOnStack | undefined {
  const reader = new Reader(memory);
  let location: Location | undefined;
  for (let at = stackPointer; at < stackPointer + REACH; at += 4) {
    const found = reader.location(reader.word(at));
    if (found === undefined) continue;
    const message = reader.message(reader.word(at - 4)) ?? reader.message(reader.word(at + 4));
    if (message !== undefined) return { message, location: found };
    location ??= found;
  }
  return location && { location };
}

class Reader {
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
  }

  /** The word at an address; 0, to which nothing points, where there is none. */
  word(at: number): number {
    return at >= 0 && at + 4 <= this.#view.byteLength ? this.#view.getUint32(at, true) : 0;
  }

  /** `core::panic::Location`: a path, a line, a column. */
  location(at: number): Location | undefined {
    if (at < LOWEST || at % 4 !== 0) return undefined;
    const [line, column] = [this.word(at + 8), this.word(at + 12)];
    if (line === 0 || column === 0 || line > 0xff_ffff || column > 0xff_ffff) return undefined;
    const file = this.#text(this.word(at), this.word(at + 4), LONGEST_PATH);
    return file?.endsWith('.rs') ? { file, line, column } : undefined;
  }

  /** `core::fmt::Arguments`: either a text and the double of its length plus 1, or a template and what belongs in it. */
  message(at: number): string | undefined {
    if (at < LOWEST || at % 4 !== 0) return undefined;
    const [text, args] = [this.word(at), this.word(at + 4)];
    return args % 2 === 1 ? this.#text(text, args >>> 1, LONGEST_TEXT) : this.#filled(text, args);
  }

  /** See the comment on `core::fmt::Arguments`: pieces of text and placeholders, a byte that says which in front of each, a 0 at the end. */
  #filled(template: number, args: number): string | undefined {
    let [text, at, next] = ['', template, 0];
    let pieces = 0;
    if (template < LOWEST) return undefined;
    while (text.length <= LONGEST_TEXT) {
      const kind = this.#byte(at++);
      if (kind === 0) return isTold(text, pieces) ? text : undefined;
      if (kind <= 0x80) {
        const length = kind < 0x80 ? kind : this.#half(at);
        if (kind === 0x80) at += 2;
        const piece = this.#text(at, length, LONGEST_TEXT);
        if (piece === undefined) return undefined;
        text += piece;
        at += length;
        pieces++;
      } else if (kind >= 0xc0) {
        // Flags of 32 bits, a width, a precision and an argument's number, of 16 each: all may be there or not.
        at += (kind & 1) * 4 + ((kind >> 1) & 1) * 2 + ((kind >> 2) & 1) * 2;
        if (kind & 8) next = this.#half(at);
        if (kind & 8) at += 2;
        text += this.#argument(this.word(args + 8 * next++)) ?? UNTOLD;
      } else {
        return undefined;
      }
    }
    return undefined;
  }

  /** An argument that is a text, `&str` or `String`. Rust formats the others, and that is never run. */
  #argument(at: number): string | undefined {
    if (at < LOWEST || at % 4 !== 0) return undefined;
    const [first, second, third] = [this.word(at), this.word(at + 4), this.word(at + 8)];
    return this.#text(first, second, LONGEST_TEXT) ?? (first >= third ? this.#text(second, third, LONGEST_TEXT) : undefined);
  }

  /** The byte at an address; one that no template has, where there is none. */
  #byte(at: number): number {
    return at < this.#view.byteLength ? this.#view.getUint8(at) : 0x81;
  }

  #half(at: number): number {
    return at + 2 <= this.#view.byteLength ? this.#view.getUint16(at, true) : 0;
  }

  /** A text of that many bytes; undefined where they are no text that anybody would write. */
  #text(at: number, length: number, longest: number): string | undefined {
    if (at < LOWEST || length === 0 || length > longest || at + length > this.#view.byteLength) return undefined;
    try {
      // A copy: decoders refuse memory that can grow or be shared.
      const text = new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(this.#view.buffer, at, length).slice());
      return isPrintable(text) ? text : undefined;
    } catch {
      return undefined;
    }
  }
}

/** A message has pieces of text, unless it is one argument and nothing else: `panic!("{}", text)`, and what `expect` says. */
function isTold(text: string, pieces: number): boolean {
  return pieces > 0 || (text !== '' && !text.includes(UNTOLD));
}

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
    if (isControl && code !== 0x0a && code !== 0x09) return false;
  }
  return true;
}
