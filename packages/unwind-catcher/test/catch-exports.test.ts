import { describe, expect, it } from 'vitest';
import { catchExports, rawImports } from '../src/index.js';

// Rust's own modules are driven in `packages/conformance/test/raw-panics.test.ts`; here is what the crate does, in a few bytes:
// (module
//   (import "wasm_revive" "rethrow" (func $rethrow))
//   (tag $rust (param i32))
//   (global $sp (mut i32) (i32.const 32))
//   (export "__stack_pointer" (global $sp))
//   (func (export "panic") (global.set $sp (i32.const 16)) (throw $rust (i32.const 7)))
//   (func (export "take") (param i32) (result i32) (global.get $sp))
//   (func (export "__wasm_revive_catch") (try (do (call $rethrow)) (catch $rust (drop)))))
const PANIC = [0, 0x41, 16, 0x24, 0, 0x41, 7, 0x08, 0, 0x0b];
const TAKE = [0, 0x23, 0, 0x0b];
const CATCH = [0, 0x06, 0x40, 0x10, 0, 0x07, 0, 0x1a, 0x0b, 0x0b];
const BYTES = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, 3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f),
  ...section(2, 1, ...name('wasm_revive'), ...name('rethrow'), 0, 0),
  ...section(3, 3, 0, 2, 0),
  ...section(13, 1, 0, 1),
  ...section(6, 1, 0x7f, 1, 0x41, 32, 0x0b),
  ...section(7, 4, ...name('__stack_pointer'), 3, 0, ...name('panic'), 0, 1, ...name('take'), 0, 2, ...name('__wasm_revive_catch'), 0, 3),
  ...section(10, 3, PANIC.length, ...PANIC, TAKE.length, ...TAKE, CATCH.length, ...CATCH),
]);

function section(id: number, ...content: number[]): number[] {
  return [id, content.length, ...content];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

interface Exports extends Record<string, WebAssembly.ExportValue> {
  __stack_pointer: WebAssembly.Global;
  panic(): void;
  take(value: unknown): number;
}

function instantiate(): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(BYTES), rawImports).exports as Exports;
}

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('catchExports', () => {
  it('I1, I7: a panic is told, the exception as its cause, and the stack pointer put back', () => {
    const told: string[] = [];
    const raw = instantiate();
    const { panic, __stack_pointer } = catchExports(raw, { onPanic: ({ code }) => told.push(code) });
    expect(panic).toThrow(expect.objectContaining({ code: 'REVIVE_PANIC', cause: expect.any(WebAssembly.Exception) }));
    expect(__stack_pointer).toBe(raw.__stack_pointer);
    expect(__stack_pointer.value).toBe(32);
    expect(told).toEqual(['REVIVE_PANIC']);
  });

  it('I7: puts the stack pointer back behind a call whose argument has panicked as it became a number, and has caught that', () => {
    const { panic, take, __stack_pointer } = catchExports(instantiate());
    const panics = {
      valueOf() {
        expect(panic).toThrow(expect.objectContaining({ code: 'REVIVE_PANIC' }));
        return 1;
      },
    };
    for (let round = 0; round < 3; round++) take(panics);
    expect([take(1), __stack_pointer.value]).toEqual([32, 32]);
  });

  it("lets another instance's panic through by identity, whose tag is another", () => {
    const [one, other] = [instantiate(), instantiate()];
    const exception = thrownBy(() => other.panic());
    const { panic } = catchExports({
      ...one,
      panic() {
        throw exception;
      },
    });
    expect(exception).toBeInstanceOf(WebAssembly.Exception);
    expect(thrownBy(panic)).toBe(exception);
  });

  it('I9: refuses a module that catches and does not export its stack pointer', () => {
    const { __stack_pointer, ...rest } = instantiate();
    expect(() => catchExports(rest)).toThrow(
      expect.objectContaining({ code: 'REVIVE_NO_STACK_POINTER', message: expect.stringContaining('--export=__stack_pointer') }),
    );
  });
});
