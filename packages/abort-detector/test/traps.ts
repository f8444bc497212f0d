import type { AbortCause } from '@wasm-revive/kernel';

/** Traps that one small module raises, written byte by byte so that the test needs no toolchain. */
export const TRAPS: readonly { readonly name: string; readonly cause: AbortCause; readonly body: readonly number[] }[] = [
  { name: 'unreachable', cause: 'unreachable', body: [0x00, 0x0b] },
  // i32.const -1; i32.load; drop
  { name: 'load', cause: 'out-of-bounds', body: [0x41, 0x7f, 0x28, 0x02, 0x00, 0x1a, 0x0b] },
  // i32.const 1; i32.const 0; i32.div_s; drop
  { name: 'divide', cause: 'arithmetic', body: [0x41, 0x01, 0x41, 0x00, 0x6d, 0x1a, 0x0b] },
  // f32.const nan; i32.trunc_f32_s; drop
  { name: 'truncate', cause: 'arithmetic', body: [0x43, 0x00, 0x00, 0xc0, 0x7f, 0xa8, 0x1a, 0x0b] },
  // i32.const 0; call_indirect (type 0) of an empty entry
  { name: 'indirect', cause: 'indirect-call', body: [0x41, 0x00, 0x11, 0x00, 0x00, 0x0b] },
  // call itself
  { name: 'recurse', cause: 'stack-overflow', body: [0x10, 0x05, 0x0b] },
];

/** A function that raises the trap. */
export async function callTrap(name: string): Promise<() => void> {
  const { instance } = await WebAssembly.instantiate(moduleBytes());
  return instance.exports[name] as () => void;
}

/** The exports of a fresh instance. */
export async function trapExports(): Promise<WebAssembly.Exports> {
  return (await WebAssembly.instantiate(moduleBytes())).instance.exports;
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const count = TRAPS.length;
  const section = (id: number, bytes: readonly number[]): number[] => [id, ...leb(bytes.length), ...bytes];
  const exports = TRAPS.flatMap(({ name }, index) => [name.length, ...new TextEncoder().encode(name), 0x00, index]);
  const bodies = TRAPS.flatMap(({ body }) => [body.length + 1, 0x00, ...body]);
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x01, 0x60, 0x00, 0x00]),
    ...section(3, [count, ...TRAPS.map(() => 0x00)]),
    ...section(4, [0x01, 0x70, 0x00, 0x01]),
    ...section(5, [0x01, 0x00, 0x01]),
    ...section(7, [count, ...exports]),
    ...section(10, [count, ...bodies]),
  ]);
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >> 7)];
}
