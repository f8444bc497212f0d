/** Supervision where it meets calls in flight, pools, and modules that drain, on the real output of the transform. */
import { afterEach, describe, expect, it } from 'vitest';
import { load, removeFolders, thrown } from './fixtures.js';

afterEach(removeFolders);

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('supervision', () => {
  it.each([
    ['alone', {}],
    ['in a pool', { pool: { max: 4 } }],
  ])('I2: refuses nothing where the last call of each ten in flight costs the instance, %s', async (_, options) => {
    const pkg = load();
    pkg.__revive.configure(options);
    const codes = new Map<unknown, number>();
    for (let round = 0; round < 20; round++) {
      const calls = Array.from({ length: 10 }, (_, n) => async () => {
        await (n === 9 ? pkg.fail_later_poll('abort', after(4)) : pkg.wait_for(after(1)));
      });
      for (const { status, reason } of (await Promise.allSettled(calls.map((call) => call()))) as PromiseRejectedResult[]) {
        const code = status === 'rejected' ? (reason as { code: unknown }).code : 'served';
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries(codes)).toEqual({ served: 180, REVIVE_ABORT: 20 });
  });

  it('I2: `reset()` brings back a module with `maxRestarts: 0`, and replaces one that is well', () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ maxRestarts: 0 });
    pkg.bump();
    __revive.reset();
    expect([__revive.state, pkg.count()]).toEqual(['running', 100]);
    expect(thrown(() => pkg.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(thrown(() => pkg.count())).toMatchObject({ code: 'REVIVE_CRASH_LOOP' });
    expect(__revive.state).toBe('retired');
    __revive.reset();
    expect([__revive.state, pkg.count()]).toEqual(['running', 100]);
    expect(thrown(() => pkg.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(__revive.state).toBe('retired');
  });

  it('I2: who waits for an instance is told where the module drains', async () => {
    const pkg = load();
    thrown(() => pkg.fail('abort'));
    const { ready } = pkg.__revive;
    await pkg.__revive.drain();
    await expect(ready).rejects.toMatchObject({ code: 'REVIVE_DRAINING' });
  });

  it('I6: makes nothing ahead for a pool of a module that is disposed of', async () => {
    const pkg = load();
    let made = 0;
    pkg.__revive.use({ name: 'counts', instantiated: () => void made++ });
    pkg.__revive.configure({ pool: { min: 3 } });
    await pkg.__revive.dispose();
    expect(made).toBe(0);
  });
});
