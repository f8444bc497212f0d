/**
 * The panic with which Rust unwinds: read without the crates, and without running anything of the instance.
 *
 * A panic that unwinds is an exception of Rust's on the heap (`panic_unwind::imp::Exception`, Rust 1.95–1.97), which stays there until it is
 * caught. It begins with a word that says so to other languages, and holds what `panic!` said, written out. Where it happened is known
 * only from what was on Rust's stack then, which lies below the stack pointer by now and may have been written over. So a place is
 * believed only where the same words lie beside it.
 */
import type { Formatters, PanicInfo } from '@wasm-revive/kernel';
import { MemoryReader } from './memory-reader.js';
import { type PanicOnStack, panicsOnStack } from './panic-on-stack.js';

/** `MOZ\0RUST`, the class of Rust's exceptions, as two words. */
const CLASS = [0x005a4f4d, 0x54535552] as const;

/** Byte offsets in the exception: what the unwinder keeps, the address of a static of one byte, which is 0, the payload's `Box<dyn Any>`. */
const PRIVATE = 12;
const CANARY = 24;
const PAYLOAD = 28;
const VTABLE = 32;

/** In the word before it, the standard library's allocator says by this bit whether a block is in use. */
const IN_USE = 2;

/** How much memory is looked through, in bytes (*measured*: 50 to 140 ms in V8), and how many words in it that may be the class's first. */
const MOST_BYTES = 0x1000_0000;
const MOST_CANDIDATES = 10_000;

/** How far below the stack pointer and above it a panic is looked for, in bytes. */
const BELOW = 0x8000;
const ABOVE = 1024;

/** How far above the stack pointer, in bytes, where a hook's frames lie between. */
const HOOK = 0x8000;

/** What was found of a panic. */
type Found = Omit<PanicInfo, 'frames'>;

/** @returns undefined where there is none, or where several are there and nobody can tell which of them goes on */
export function panicInFlight(
  memory: WebAssembly.Memory,
  stackPointer: number | undefined,
  formatters: Formatters = {},
): Found | undefined {
  const reader = new MemoryReader(memory);
  const found = exceptions(reader, memory);
  const inUse = found.filter((at) => (reader.word(at - 4) & IN_USE) !== 0);
  const messages = new Set((inUse.length > 0 ? inUse : found).map((at) => payloadText(reader, at)));
  const [message] = messages;
  if (message === undefined || messages.size > 1) return undefined;
  if (stackPointer === undefined) return { message };
  const from = Math.max(0, stackPointer - BELOW);
  for (const panic of panicsOnStack(memory, from, stackPointer + ABOVE, formatters)) {
    if (panic.message !== undefined && isWrittenAs(panic.message, message)) return { message, location: panic.location };
  }
  return { message };
}

/** The panic whose hook runs. What `panic!` put on the stack lies above the hook's frames. */
export function panicBehindHook(memory: WebAssembly.Memory, stackPointer: number, formatters: Formatters = {}): Found | undefined {
  return onlyPanic(panicsOnStack(memory, stackPointer, stackPointer + HOOK, formatters));
}

/** The panic whose hook was left. What tore that may have moved the stack pointer up, past what `panic!` put on the stack. */
export function panicBehindLeftHook(memory: WebAssembly.Memory, stackPointer: number, formatters: Formatters = {}): Found | undefined {
  return onlyPanic(panicsOnStack(memory, Math.max(0, stackPointer - BELOW), stackPointer + ABOVE, formatters));
}

/** What earlier panics put there may be left. So one is believed only where all that is found says the same. */
function onlyPanic(panics: Iterable<PanicOnStack>): Found | undefined {
  let found: Found | undefined;
  for (const { message, location } of panics) {
    if (message === undefined) continue;
    if (found !== undefined && found.message !== message) return undefined;
    found = { message, location };
  }
  return found;
}

/**
 * The addresses of what looks like an exception of Rust's. There is an end to how much is looked at, for recovery waits: of a memory that is
 * bigger, the panic's words may stay unknown.
 */
function exceptions(reader: MemoryReader, memory: WebAssembly.Memory): number[] {
  const found: number[] = [];
  const words = new Uint32Array(memory.buffer, 0, Math.min(memory.buffer.byteLength, MOST_BYTES) >>> 2);
  let candidates = 0;
  for (let word = words.indexOf(CLASS[0]); word >= 0 && candidates < MOST_CANDIDATES; word = words.indexOf(CLASS[0], word + 1)) {
    candidates++;
    const at = 4 * word;
    const isException =
      at % 8 === 0 &&
      reader.word(at + 4) === CLASS[1] &&
      reader.word(at + PRIVATE) === 0 &&
      reader.word(at + PRIVATE + 4) === 0 &&
      reader.byte(reader.word(at + CANARY)) === 0 &&
      reader.isAddress(reader.word(at + VTABLE));
    if (isException) found.push(at);
  }
  return found;
}

/** The payload, where it is a text: its vtable says what drops it, how big it is, and how it is aligned. */
function payloadText(reader: MemoryReader, exception: number): string | undefined {
  const [payload, vtable] = [reader.word(exception + PAYLOAD), reader.word(exception + VTABLE)];
  const [drop, size, align] = [reader.word(vtable), reader.word(vtable + 4), reader.word(vtable + 8)];
  if (align !== 4) return undefined;
  if (size === 8 && drop === 0) return reader.str(payload);
  return size === 12 && drop !== 0 ? reader.string(payload) : undefined;
}

/** Whether a message in which `…` stands for what couldn't be read may be these words. */
function isWrittenAs(message: string, words: string): boolean {
  const pieces = message.split('…');
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const next = index === pieces.length - 1 && index > 0 ? words.lastIndexOf(piece) : words.indexOf(piece, at);
    if (next < at || (index === 0 && next > 0)) return false;
    at = next + piece.length;
  }
  return at === words.length;
}
