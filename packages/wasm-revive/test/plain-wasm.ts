/** A module without glue. */

// (module
//   (import "env" "call" (func $call))
//   (global $n (mut i32) (i32.const 0))
//   (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
//   (func (export "die") unreachable)
//   (func (export "callOut") (call $call) (global.set $n (i32.const 100))))
export const BYTES = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 0, 0, 96, 0, 1, 127, 2, 12, 1, 3, 101, 110, 118, 4, 99, 97, 108, 108, 0, 0, 3, 4, 3, 1, 0, 0, 6,
  6, 1, 127, 1, 65, 0, 11, 7, 25, 3, 5, 99, 111, 117, 110, 116, 0, 1, 3, 100, 105, 101, 0, 2, 7, 99, 97, 108, 108, 79, 117, 116, 0, 3, 10,
  27, 3, 11, 0, 35, 0, 65, 1, 106, 36, 0, 35, 0, 11, 3, 0, 0, 11, 9, 0, 16, 0, 65, 228, 0, 36, 0, 11,
]);

/** Its exports. */
export interface Exports {
  count(): number;
  die(): void;
  callOut(): void;
}

// (module
//   (import "env" "give" (func $give (result i32)))
//   (global $n (export "n") (mut i32) (i32.const 0))
//   (func (export "die") unreachable)
//   (func (export "take") (param i32) (result i32) (global.set $n (i32.const 1)) (local.get 0))
//   (func (export "ask") (result i32) (call $give) (global.set $n (i32.const 1))))
export const NUMBERS = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 13, 3, 96, 0, 1, 127, 96, 0, 0, 96, 1, 127, 1, 127, 2, 12, 1, 3, 101, 110, 118, 4, 103, 105, 118, 101, 0,
  0, 3, 4, 3, 1, 2, 0, 6, 6, 1, 127, 1, 65, 0, 11, 7, 24, 4, 1, 110, 3, 0, 3, 100, 105, 101, 0, 1, 4, 116, 97, 107, 101, 0, 2, 3, 97, 115,
  107, 0, 3, 10, 23, 3, 3, 0, 0, 11, 8, 0, 65, 1, 36, 0, 32, 0, 11, 8, 0, 16, 0, 65, 1, 36, 0, 11,
]);

/** Its exports. */
export interface Numbers {
  die(): void;
  take(value: unknown): number;
  ask(): number;
}
