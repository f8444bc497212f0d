import { describe, expect, it } from 'vitest';
import { guardInstance } from '../src/index.js';
import { callTrap, trapExports } from './traps.js';

/**
 * `(module (import "js" "f" (func (result i32))) (func (export "call") (result i32) call 0) (func (export "trap") unreachable))`: what it
 * imports gives what `call` returns.
 */
const CALLS_JAVASCRIPT: Uint8Array<ArrayBuffer> = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 2, 0x60, 0, 1, 0x7f, 0x60, 0, 0],
  ...[2, 8, 1, 2, 0x6a, 0x73, 1, 0x66, 0, 0],
  ...[3, 3, 2, 0, 1],
  ...[7, 15, 2, 4, 0x63, 0x61, 0x6c, 0x6c, 0, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 2],
  ...[10, 10, 2, 4, 0, 0x10, 0, 0x0b, 3, 0, 0x00, 0x0b],
]);

type Calls = Record<'call' | 'trap', () => unknown>;

function guarded(f: (exports: Calls) => unknown): { readonly guard: ReturnType<typeof guardInstance>; readonly exports: Calls } {
  const guard = guardInstance({ name: 'caller' });
  const imports = guard.imports({ js: { f: () => f(exports) } });
  const exports = guard.exports(new WebAssembly.Instance(new WebAssembly.Module(CALLS_JAVASCRIPT), imports).exports) as Calls;
  return { guard, exports };
}

describe('guardInstance', () => {
  it('I1, I3: tells the abort, then lets nobody in', async () => {
    const told: string[] = [];
    const guard = guardInstance({ name: 'traps', onAbort: ({ failure, module }) => told.push(`${module} ${failure.kind}`) });
    const { load, divide } = guard.exports(await trapExports()) as Record<string, () => void>;
    expect(guard.aborted).toBeUndefined();
    expect(load).toThrow(
      expect.objectContaining({
        code: 'REVIVE_ABORT',
        message: 'Rust aborted in load: memory access out of bounds',
        cause: expect.any(WebAssembly.RuntimeError),
        report: expect.objectContaining({ entrypoint: 'load', recovery: 'retire', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) }),
      }),
    );
    expect(guard.aborted).toBe('out-of-bounds');
    expect(divide).toThrow(expect.objectContaining({ code: 'REVIVE_INSTANCE_LOST' }));
    expect(told).toEqual(['traps aborted']);
  });

  it('I3: no frame that is on the stack runs on, though JavaScript has swallowed the abort', () => {
    const { guard, exports } = guarded((own) => {
      try {
        own.trap();
      } catch {
        // Swallowed.
      }
      return 7;
    });
    expect(() => exports.call()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT', message: expect.stringContaining('in trap') }));
    expect(guard.aborted).toBe('unreachable');
  });

  it("I2: leaves alone another module's trap, and whatever else JavaScript throws through it", async () => {
    const trap = await callTrap('unreachable');
    const { guard, exports } = guarded(trap);
    expect(() => exports.call()).toThrow(WebAssembly.RuntimeError);
    expect(guard.aborted).toBeUndefined();
    const mine = new Error('mine');
    const other = guarded(() => {
      throw mine;
    });
    expect(() => other.exports.call()).toThrow(mine);
    expect(other.guard.aborted).toBeUndefined();
  });
});
