/** Supervision where it meets calls in flight, pools, and modules that drain, on the real output of the transform. */
import { afterEach, describe, expect, it } from 'vitest';
import { load, type Package, removeFolders, thrown } from './fixtures.js';

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

  it('I2: serves a call in which a listener for `retired` resets a module with `maxRestarts: 0`', () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ maxRestarts: 0 });
    __revive.on('retired', () => __revive.reset());
    for (let n = 0; n < 3; n++) {
      expect(thrown(() => pkg.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
      expect([pkg.count(), __revive.state]).toEqual([100, 'running']);
    }
  });

  it('recycles a module with `maxRestarts: 0`, for that makes up for no failure', async () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ maxRestarts: 0, recycle: { turns: 2 } });
    for (let n = 0; n < 3; n++) {
      pkg.count();
      await after(0);
    }
    expect([__revive.state, __revive.generation]).toEqual(['running', 2]);
  });

  it('emits the events of the breaker in the order in which they happened, where a listener causes more of them', async () => {
    const pkg = load();
    const { __revive } = pkg;
    const events: string[] = [];
    for (const name of ['retired', 'closed'] as const) __revive.on(name, () => void events.push(name));
    __revive.configure({ maxRestarts: 0 });
    pkg.count();
    const sibling = __revive.instance('a');
    const lost = sibling.fail_later_poll('abort', after(1));
    // Nobody is told that the key is retired as long as no call is admitted.
    await __revive.drain();
    await expect(lost).rejects.toMatchObject({ code: 'REVIVE_ABORT' });
    __revive.reset();
    const stop = __revive.on('retired', () => {
      stop();
      thrown(() => sibling.fail('abort'));
      thrown(() => sibling.count());
    });
    __revive.evict('a');
    expect(events).toEqual(['retired', 'closed', 'retired']);
  });

  it.each(['a closure', 'a call of a listener'])(
    'I2: a probe that has served a call closes the breaker, also where %s fails next',
    async (what) => {
      const pkg = load<Package & { failing_closure(): (kind: string) => void }>();
      const { __revive } = pkg;
      const events: string[] = [];
      for (const name of ['opened', 'probing', 'closed'] as const) {
        __revive.on(name, ({ instance }) => void (instance === undefined && events.push(name)));
      }
      __revive.configure({ consecutiveFailures: 1, backoffMs: 50 });
      thrown(() => pkg.fail('abort'));
      await after(50);
      const closure = pkg.failing_closure();
      if (what === 'a closure') thrown(() => closure('abort'));
      else {
        const stop = __revive.on('failure', () => {
          stop();
          thrown(() => pkg.fail('abort'));
        });
        thrown(() => __revive.instance('a').fail('abort'));
      }
      await after(0);
      expect(events).toEqual(['opened', 'probing', 'closed', 'opened']);
    },
  );

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
