import { describe, expect, it } from 'vitest';
import { describeFailure, isReviveError, PanicError, ReviveError } from '../src/index.js';

describe('ReviveError', () => {
  it('is recognised by its brand, so that two copies of the package agree', () => {
    const foreign = Object.assign(new Error('x'), { code: 'REVIVE_ABORT', [Symbol.for('wasm-revive.error')]: true });
    expect(isReviveError(foreign, 'REVIVE_ABORT')).toBe(true);
    expect(isReviveError(foreign, 'REVIVE_PANIC')).toBe(false);
    expect(isReviveError(new Error('x'))).toBe(false);
    expect(isReviveError(undefined)).toBe(false);
  });

  it('keeps the cause and says whether a retry is safe', () => {
    const cause = new Error('why');
    const error = new ReviveError('REVIVE_ABORT', 'what', { cause });
    expect(error).toMatchObject({ name: 'ReviveError', code: 'REVIVE_ABORT', message: 'what', cause, retryable: false });
  });

  it('PanicError keeps the name and the message that wasm-bindgen gives', () => {
    const error = new PanicError('division by zero');
    expect(error).toBeInstanceOf(ReviveError);
    expect(error).toMatchObject({ name: 'PanicError', code: 'REVIVE_PANIC', message: 'division by zero' });
  });
});

describe('describeFailure', () => {
  const trap = new WebAssembly.RuntimeError('unreachable');
  const panic = { message: 'boom', location: { file: 'src/lib.rs', line: 1, column: 2 }, frames: [] };

  it.each([
    [{ kind: 'unwound', panic } as const, 'Rust panicked in run: boom (src/lib.rs:1:2)'],
    [{ kind: 'aborted', cause: 'panic-abort', panic, trap, frames: [] } as const, 'Rust panicked in run: boom (src/lib.rs:1:2)'],
    [
      { kind: 'aborted', cause: 'abort', panic, trap, frames: [] } as const,
      'Rust aborted in run: the process was aborted (unreachable), after the panic: boom (src/lib.rs:1:2)',
    ],
    [
      { kind: 'aborted', cause: 'out-of-memory', allocation: { size: 64, align: 8 }, trap, frames: [] } as const,
      'Rust aborted in run: out of memory (64 bytes could not be allocated)',
    ],
  ])('%#: %s', (failure, text) => {
    expect(describeFailure(failure, 'run')).toBe(text);
  });
});
