/** I7: where Rust's stack is put by what cleans up behind something that was thrown. */
import { expect, it } from 'vitest';
import { undoLog } from '../src/wasm/wasm-info.js';

// (module
//   (import "env" "throws" (func $throws (param i32)))
//   (memory (export "memory") 3)
//   (global $__stack_pointer (mut i32) (i32.const 65536))
//   (data (i32.const 65536) "data")
//   (func $clean (local $frame i32)
//     (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 16))))
//     (i32.store (local.get $frame) (i32.const 7))
//     (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16))))
//   (func (export "run") (param $address i32) (local $frame i32)
//     (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32))))
//     try
//       (call $throws (local.tee $frame (local.get $address)))
//     catch_all
//       (global.set $__stack_pointer (local.get $frame))
//       (call $clean)
//       rethrow 0
//     end))
const BYTES = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 1, 127, 0, 96, 0, 0, 2, 14, 1, 3, 101, 110, 118, 6, 116, 104, 114, 111, 119, 115, 0, 0, 3, 3, 2,
  1, 0, 5, 3, 1, 0, 3, 6, 8, 1, 127, 1, 65, 128, 128, 4, 11, 7, 16, 2, 6, 109, 101, 109, 111, 114, 121, 2, 0, 3, 114, 117, 110, 0, 2, 10,
  61, 2, 27, 1, 1, 127, 35, 0, 65, 16, 107, 34, 0, 36, 0, 32, 0, 65, 7, 54, 2, 0, 32, 0, 65, 16, 106, 36, 0, 11, 31, 1, 1, 127, 35, 0, 65,
  32, 107, 34, 1, 36, 0, 6, 64, 32, 0, 34, 1, 16, 0, 25, 32, 1, 36, 0, 16, 1, 9, 0, 11, 11, 11, 12, 1, 0, 65, 128, 128, 4, 11, 4, 100, 97,
  116, 97, 0, 73, 4, 110, 97, 109, 101, 1, 16, 2, 0, 6, 116, 104, 114, 111, 119, 115, 1, 5, 99, 108, 101, 97, 110, 2, 28, 2, 1, 1, 0, 5,
  102, 114, 97, 109, 101, 2, 2, 0, 7, 97, 100, 100, 114, 101, 115, 115, 1, 5, 102, 114, 97, 109, 101, 7, 18, 1, 0, 15, 95, 95, 115, 116, 97,
  99, 107, 95, 112, 111, 105, 110, 116, 101, 114,
]);

interface Exports {
  readonly memory: WebAssembly.Memory;
  run(address: number): void;
  __wasm_revive_commit(): number;
  __wasm_revive_rollback(): void;
}

/** Compilers make this of a function that calls an import of which they take it that it throws nothing. */
it.each([60_000, 65_536, 65_540, 70_000])('a frame is not put over data where the pointer is put to %i', (address) => {
  const env = {
    throws: () => {
      throw new Error('not expected by Rust');
    },
  };
  const module = new WebAssembly.Module(undoLog(BYTES, 16).module as Uint8Array<ArrayBuffer>);
  const exports = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
  // What is above the stack, and what the program has there.
  const data = (): Uint8Array => new Uint8Array(exports.memory.buffer).slice(65_536, 2 * 65_536);
  const before = data();
  expect(exports.__wasm_revive_commit()).toBe(0);
  expect(() => exports.run(address)).toThrow('not expected by Rust');
  expect(data()).toEqual(before);
  exports.__wasm_revive_rollback();
  expect(data()).toEqual(before);
});
