/** Reads values of Rust's out of an instance's memory, without running anything of it. */
import type { Location } from '@wasm-revive/kernel';

/** No value of a program is below this address: the linker leaves it free. */
const LOWEST = 1024;

/** The longest text that is taken for a program's, and the longest path, in bytes. */
const LONGEST_TEXT = 4096;
const LONGEST_PATH = 512;

/** Addresses are in bytes. What is no such value is `undefined`: memory may hold anything. */
export class MemoryReader {
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
  }

  /** Whether a structure of words can be at an address. */
  isAddress(at: number): boolean {
    return at >= LOWEST && at % 4 === 0 && at < this.#view.byteLength;
  }

  /** The word at an address; 0, to which nothing points, where there is none. */
  word(at: number): number {
    return at >= 0 && at + 4 <= this.#view.byteLength ? this.#view.getUint32(at, true) : 0;
  }

  /** The byte at an address. */
  byte(at: number): number | undefined {
    return at >= 0 && at < this.#view.byteLength ? this.#view.getUint8(at) : undefined;
  }

  /** The half word at an address; 0 where there is none. */
  half(at: number): number {
    return at >= 0 && at + 2 <= this.#view.byteLength ? this.#view.getUint16(at, true) : 0;
  }

  /** A number, by its type in Rust. */
  integer(at: number, type: string): string | undefined {
    const bits = type.endsWith('size') ? 32 : Number(type.slice(1));
    if (at < LOWEST || at + bits / 8 > this.#view.byteLength) return undefined;
    const signed = type.startsWith('i');
    if (bits === 64) return String(signed ? this.#view.getBigInt64(at, true) : this.#view.getBigUint64(at, true));
    if (bits === 32) return String(signed ? this.#view.getInt32(at, true) : this.#view.getUint32(at, true));
    if (bits === 16) return String(signed ? this.#view.getInt16(at, true) : this.#view.getUint16(at, true));
    return String(signed ? this.#view.getInt8(at) : this.#view.getUint8(at));
  }

  /** `core::panic::Location`: a path, a line, a column. */
  location(at: number): Location | undefined {
    if (!this.isAddress(at)) return undefined;
    const [line, column] = [this.word(at + 8), this.word(at + 12)];
    if (line === 0 || column === 0 || line > 0xff_ffff || column > 0xff_ffff) return undefined;
    const file = this.text(this.word(at), this.word(at + 4), LONGEST_PATH);
    return file?.endsWith('.rs') ? { file, line, column } : undefined;
  }

  /** `&str`. */
  str(at: number): string | undefined {
    return this.isAddress(at) ? this.text(this.word(at), this.word(at + 4)) : undefined;
  }

  /** `String`: its capacity, then the text. */
  string(at: number): string | undefined {
    if (!this.isAddress(at) || this.word(at) < this.word(at + 8)) return undefined;
    return this.text(this.word(at + 4), this.word(at + 8));
  }

  /** A text of that many bytes; undefined where they are no text that anybody would write. */
  text(at: number, length: number, longest: number = LONGEST_TEXT): string | undefined {
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

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
    if (isControl && code !== 0x0a && code !== 0x09) return false;
  }
  return true;
}
