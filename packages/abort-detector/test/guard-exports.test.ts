import { describe, expect, it } from 'vitest';
import { guardExports } from '../src/index.js';
import { trapExports } from './traps.js';

describe('guardExports', () => {
  it('I1, I3: tells the abort, then lets nobody in', async () => {
    const aborts: string[] = [];
    const guarded = guardExports(await trapExports(), { onAbort: (cause) => aborts.push(cause) });
    const { load, divide } = guarded.exports as Record<string, () => void>;
    expect(guarded.aborted).toBeUndefined();
    expect(load).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT', cause: expect.any(WebAssembly.RuntimeError) }));
    expect(guarded.aborted).toBe('out-of-bounds');
    expect(divide).toThrow(expect.objectContaining({ code: 'REVIVE_INSTANCE_LOST' }));
    expect(aborts).toEqual(['out-of-bounds']);
  });
});
