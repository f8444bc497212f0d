import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { abortCause, isAbort } from '../src/index.js';
import { callTrap, TRAPS } from './traps.js';

function caught(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('did not throw');
}

describe('abortCause', () => {
  it.each(TRAPS)('tells a real $cause trap of this engine: $name', async ({ name, cause }) => {
    const error = caught(await callTrap(name));
    expect(isAbort(error)).toBe(true);
    expect(abortCause(error as Error)).toBe(cause);
  });

  // What other engines say; the traps themselves are raised in the conformance suite, where these engines are.
  it.each([
    ['unreachable executed', 'unreachable'],
    ['index out of bounds', 'out-of-bounds'],
    ['table index out of bounds', 'out-of-bounds'],
    ['indirect call to null', 'indirect-call'],
    ['integer divide by zero', 'arithmetic'],
    ['invalid conversion to integer', 'arithmetic'],
    ["Unreachable code should not be executed (evaluating 'run()')", 'unreachable'],
    ["Out of bounds memory access (evaluating 'run()')", 'out-of-bounds'],
    ["call_indirect to a null table entry (evaluating 'run()')", 'indirect-call'],
    ["Division by zero (evaluating 'run()')", 'arithmetic'],
  ])('knows %j', (message, cause) => {
    expect(abortCause(new WebAssembly.RuntimeError(message))).toBe(cause);
  });

  it("knows what wasm-bindgen's glue says of an instance that aborted before", () => {
    const error = new Error('Module terminated');
    expect(isAbort(error)).toBe(true);
    expect(abortCause(error)).toBe('terminated');
    expect(isAbort(new Error('Module terminated: by the user'))).toBe(false);
  });

  it('knows an exhausted stack of another realm, and leaves alone what only looks like one', () => {
    const other: unknown = runInNewContext("new RangeError('Maximum call stack size exceeded')");
    expect(isAbort(other)).toBe(true);
    expect(abortCause(other as Error)).toBe('stack-overflow');
    expect(isAbort({ name: 'RangeError', message: 'Maximum call stack size exceeded' })).toBe(false);
    expect(isAbort(new RangeError('a page from 1 to 9'))).toBe(false);
  });

  it('tells look-alikes by the black box', () => {
    const trap = new WebAssembly.RuntimeError('unreachable');
    const base = { panicCount: 0, running: {}, reinitRequested: false };
    const location = { file: 'a.rs', line: 1, column: 1 };
    expect(abortCause(trap, { ...base, panicCount: 1, panic: { message: 'x', location } })).toBe('panic-abort');
    expect(abortCause(trap, { ...base, failedAllocation: { size: 1, align: 1 } })).toBe('out-of-memory');
    expect(abortCause(trap, base)).toBe('unreachable');
  });

  it("believes the frames' names before what the black box holds of earlier", () => {
    const location = { file: 'a.rs', line: 1, column: 1 };
    const stale = {
      panicCount: 1,
      running: {},
      reinitRequested: false,
      panic: { message: 'x', location },
      failedAllocation: { size: 1, align: 1 },
    };
    const trapIn = (...names: string[]): Error => {
      const trap = new WebAssembly.RuntimeError('unreachable');
      trap.stack = names.map((name, index) => `at app.wasm.${name} (wasm://wasm/app.wasm-0004:wasm-function[${index}]:0x80a9)`).join('\n');
      return trap;
    };
    expect(abortCause(trapIn('app::run', 'run'), stale)).toBe('unreachable');
    expect(abortCause(trapIn('std::sys::abort_internal', 'std::process::abort', 'app::run'), stale)).toBe('abort');
    expect(abortCause(trapIn('std::sys::abort_internal', 'std::process::abort', 'std::alloc::rust_oom', 'app::run'))).toBe('out-of-memory');
    expect(abortCause(trapIn('__rustc::__rust_start_panic', 'core::panicking::panic_fmt', 'app::run'))).toBe('panic-abort');
  });

  it.each(['<unknown> externref shim', '<unknown> catch wrapper', 'run multivalue shim'])(
    "takes a module for one without names whose only named function is wasm-bindgen's %s",
    (shim) => {
      const place = (index: number): string => `wasm://wasm/0002e832:wasm-function[${index}]:0x9ca3`;
      const trap = new WebAssembly.RuntimeError('unreachable');
      trap.stack = `RuntimeError: unreachable\n    at ${place(450)}\n    at ${place(74)}\n    at ${shim} (${place(265)})`;
      const panic = { message: 'x', location: { file: 'a.rs', line: 1, column: 1 } };
      expect(abortCause(trap, { panicCount: 1, running: {}, reinitRequested: false, panic })).toBe('panic-abort');
    },
  );
});

describe('isAbort', () => {
  it.each([new Error('x'), new RangeError('out of range'), new TypeError('x'), 'a string', undefined])('is not %s', (value) => {
    expect(isAbort(value)).toBe(false);
  });

  it('is an exhausted stack', () => {
    const recurse = (): number => 1 + recurse();
    expect(isAbort(caught(recurse))).toBe(true);
  });
});
