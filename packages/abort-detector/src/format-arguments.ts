/**
 * Writes out a message that Rust has yet to write: `core::fmt::Arguments` as it is in memory, in two forms. That of Rust 1.95–1.97 (see the comment on it
 * there), and the older one of Rust 1.85: `{ pieces: &[&str], args: &[Argument], fmt: Option<&[Placeholder]> }`, in which a text stands in front of each
 * argument, and one may stand behind the last.
 *
 * Note: no regular expressions, see `wasmFrames` in the kernel.
 */
import { type Formatters, keys } from '@wasm-revive/kernel';
import type { MemoryReader } from './memory-reader.js';

/** What stands for an argument that can't be read. */
const UNTOLD = '…';

/** The longest message that is told, in UTF-16 code units; what seems longer is none. */
const LONGEST_MESSAGE = 8192;

/** More pieces of text than a message of the older form has. */
const MOST_PIECES = 256;

/** How deep messages are in messages, and values behind `dyn`. */
const DEEPEST = 4;

/** @returns the message, `…` for arguments that can't be read; undefined where there is none at that address */
export function formatArguments(memory: MemoryReader, at: number, formatters: Formatters): string | undefined {
  return new Writer(memory, formatters).message(at, 0);
}

class Writer {
  readonly #memory: MemoryReader;
  readonly #formatters: Formatters;
  /** Where a release was made of a module without names, arguments that look like texts are taken for such. */
  readonly #guesses: boolean;

  constructor(memory: MemoryReader, formatters: Formatters) {
    this.#memory = memory;
    this.#formatters = formatters;
    this.#guesses = keys(formatters).length === 0;
  }

  /** Either a text and the double of its length plus 1, or a template and what belongs in it. */
  message(at: number, depth: number): string | undefined {
    if (!this.#memory.isAddress(at) || depth > DEEPEST) return undefined;
    // First, for its words may be read as the other form's, with a text of a few odd bytes; the other way round, a text would have to read as addresses.
    const older = this.#older(at, depth);
    if (older !== undefined) return older;
    const [text, args] = [this.#memory.word(at), this.#memory.word(at + 4)];
    return args % 2 === 1 ? this.#memory.text(text, args >>> 1) : this.#filled(text, args, depth);
  }

  /** The older form. Believed only where as many pieces of text are there as belong to the arguments, and all of them are texts. */
  #older(at: number, depth: number): string | undefined {
    const memory = this.#memory;
    const [pieces, count, args, given, specs, specified] = [0, 4, 8, 12, 16, 20].map((offset) => memory.word(at + offset)) as Words;
    const placeholders = specs === 0 ? given : specified;
    const isOne = count > 0 && count <= MOST_PIECES && (count === placeholders || count === placeholders + 1);
    if (!isOne || !memory.isAddress(pieces) || (given > 0 && !memory.isAddress(args))) return undefined;
    let [text, told] = ['', 0];
    for (let index = 0; index < count && text.length <= LONGEST_MESSAGE; index++) {
      const piece = pieces + 8 * index;
      const isEmpty = memory.word(piece + 4) === 0;
      const words = isEmpty ? '' : memory.str(piece);
      // An empty text has an address, too, but for that of nothing.
      if (words === undefined || memory.word(piece) === 0) return undefined;
      text += words;
      if (!isEmpty) told++;
      // With placeholders that say more, an argument may be written in another place, and in another way.
      if (index < placeholders) text += specs === 0 ? (this.#olderArgument(args + 8 * index, depth) ?? UNTOLD) : UNTOLD;
    }
    return text.length <= LONGEST_MESSAGE && isTold(text, told) ? text : undefined;
  }

  /** Pieces of text and placeholders, a byte that says which in front of each, a 0 at the end. */
  #filled(template: number, args: number, depth: number): string | undefined {
    const memory = this.#memory;
    let [text, at, next, pieces] = ['', template, 0, 0];
    while (text.length <= LONGEST_MESSAGE) {
      const kind = memory.byte(at++);
      if (kind === 0) return isTold(text, pieces) ? text : undefined;
      if (kind === undefined || (kind > 0x80 && kind < 0xc0)) return undefined;
      if (kind <= 0x80) {
        const length = kind < 0x80 ? kind : memory.half(at);
        if (kind === 0x80) at += 2;
        const piece = memory.text(at, length);
        if (piece === undefined) return undefined;
        text += piece;
        at += length;
        pieces++;
      } else {
        // Flags of 32 bits, a width, a precision and an argument's number, of 16 each: all may be there or not.
        at += (kind & 1) * 4 + ((kind >> 1) & 1) * 2 + ((kind >> 2) & 1) * 2;
        if (kind & 8) next = memory.half(at);
        if (kind & 8) at += 2;
        const argument = args + 8 * next++;
        // With flags, a width or a precision it is written in another way than is known here.
        text += (kind & 7) === 0 ? (this.#argument(argument, depth) ?? UNTOLD) : UNTOLD;
      }
    }
    return undefined;
  }

  /** An argument: where its value is, and what writes it. */
  #argument(at: number, depth: number): string | undefined {
    const value = this.#memory.word(at);
    if (this.#guesses) return this.#memory.str(value) ?? this.#memory.string(value);
    return this.#value(value, this.#formatters[this.#memory.word(at + 4)], depth);
  }

  /** Names of older compilers say `&T` of any reference, so that of what writes a `&str` there may be none: then what looks like one is taken for such. */
  #olderArgument(at: number, depth: number): string | undefined {
    const told = this.#argument(at, depth);
    const isNamed = this.#formatters[this.#memory.word(at + 4)] !== undefined;
    return told ?? (isNamed ? undefined : this.#memory.str(this.#memory.word(at)));
  }

  #value(at: number, formatter: string | undefined, depth: number): string | undefined {
    if (formatter === undefined || depth > DEEPEST) return undefined;
    const memory = this.#memory;
    const debug = formatter.endsWith('?');
    const type = debug ? formatter.slice(0, -1) : formatter;
    switch (type) {
      case '&str':
        return quoted(memory.word(at + 4) === 0 ? '' : memory.str(at), debug);
      case 'String':
        return quoted(memory.word(at + 8) === 0 ? '' : memory.string(at), debug);
      case '&dyn':
        // Its vtable: what drops it, its size, its alignment, what writes it.
        return this.#value(memory.word(at), this.#formatters[memory.word(memory.word(at + 4) + 12)], depth + 1);
      case 'Arguments':
        return this.message(at, depth + 1);
      case 'BorrowError':
        return debug ? type : 'RefCell already mutably borrowed';
      case 'BorrowMutError':
        return debug ? type : 'RefCell already borrowed';
      case 'bool':
        return memory.byte(at) === undefined ? undefined : String(memory.byte(at) !== 0);
      case 'char':
        return character(memory.word(at), debug);
      default:
        if (type.startsWith('&')) return this.#value(memory.word(at), formatter.slice(1), depth);
        return memory.integer(at, type);
    }
  }
}

type Words = [number, number, number, number, number, number];

/** A message has pieces of text, unless it is one argument and nothing else: `panic!("{}", text)`, and what `expect` says. */
function isTold(text: string, pieces: number): boolean {
  return pieces > 0 || (text !== '' && !text.includes(UNTOLD));
}

/** As `Debug` does, as far as that is simple: where Rust would escape more than these, nothing is told. */
function quoted(text: string | undefined, debug: boolean): string | undefined {
  if (text === undefined || !debug) return text;
  const escaped = escapeDebug(text, '"');
  return escaped === undefined ? undefined : `"${escaped}"`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\0': '\\0', '\t': '\\t', '\r': '\\r', '\n': '\\n', '\\': '\\\\' };

/** Of what has no cases, letters that stand alone: kana, CJK, Hangul. */
const LETTERS: readonly (readonly [first: string, last: string])[] = [
  ['\u3041', '\u3096'],
  ['\u30a1', '\u30fa'],
  ['\u4e00', '\u9fff'],
  ['\uac00', '\ud7a3'],
];

/** `char::escape_debug`: beyond ASCII it depends on tables of Unicode, but for what is plainly a letter. */
function escapeDebug(text: string, quote: string): string | undefined {
  let escaped = '';
  for (const char of text) {
    const isAscii = char >= ' ' && char <= '~';
    const isLetter = char.toLowerCase() !== char.toUpperCase() || LETTERS.some(([first, last]) => char >= first && char <= last);
    if (char in ESCAPES) escaped += ESCAPES[char];
    else if (char === quote) escaped += `\\${quote}`;
    else if (isAscii || isLetter) escaped += char;
    else return undefined;
  }
  return escaped;
}

function character(code: number, debug: boolean): string | undefined {
  if (code > 0x10_ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
  const text = String.fromCodePoint(code);
  if (!debug) return text;
  const escaped = escapeDebug(text, "'");
  return escaped === undefined ? undefined : `'${escaped}'`;
}
