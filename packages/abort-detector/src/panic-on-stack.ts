/**
 * The panic that Rust has on its stack when it aborts: told without the crates, and without running anything of the instance.
 *
 * Under panic=abort nothing is unwound, so that what `core::panicking::panic_fmt` put there for the panic handler is still there
 * (`core::panic::PanicInfo`, Rust 1.85, 1.95–1.97): one pointer to the message as `fmt::Arguments`, and beside it one to the `Location`. The words
 * are looked at from the stack pointer up, and believed only where everything that they point to is what it should be.
 */
import type { Formatters, Location } from '@wasm-revive/kernel';
import { formatArguments } from './format-arguments.js';
import { MemoryReader } from './memory-reader.js';

/** What was found. */
export interface PanicOnStack {
  /** Rust's words; `…` for an argument that can't be read. Undefined where the message isn't there. */
  readonly message?: string;
  readonly location: Location;
}

/** How far up the stack is looked, in bytes: between the two there are a handful of frames of the standard library (*measured*: 56 to 96). */
const REACH = 1024;

/**
 * Reads the panic that is going on.
 * @param stackPointer where the stack in linear memory ended when it trapped, as an address
 * @param formatters what writes arguments, by its place in the function table; none when that isn't known
 * @returns undefined where there is no panic
 */
export function panicOnStack(memory: WebAssembly.Memory, stackPointer: number, formatters: Formatters = {}): PanicOnStack | undefined {
  let first: PanicOnStack | undefined;
  for (const panic of panicsOnStack(memory, stackPointer, stackPointer + REACH, formatters)) {
    if (panic.message !== undefined) return panic;
    first ??= panic;
  }
  return first;
}

/** Every panic that lies on the stack, or seems to, from the lowest address up. */
export function* panicsOnStack(memory: WebAssembly.Memory, from: number, to: number, formatters: Formatters): Generator<PanicOnStack> {
  const reader = new MemoryReader(memory);
  const message = (at: number): string | undefined => formatArguments(reader, reader.word(at), formatters);
  for (let at = from; at < to; at += 4) {
    const location = reader.location(reader.word(at));
    if (location === undefined) continue;
    const words = message(at - 4) ?? message(at + 4);
    yield words === undefined ? { location } : { message: words, location };
  }
}
