/** Supervision where it meets calls in flight, pools, and modules that drain, on the real output of the transform. */
import { afterEach, describe, expect, it } from 'vitest';
import { load, never, type Package, removeFolders, thrown } from './fixtures.js';

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

  it('emits the events of the breaker in the order in which they happened, where a listener causes more of them', () => {
    const pkg = load();
    const { __revive } = pkg;
    const events: string[] = [];
    for (const name of ['retired', 'closed'] as const) __revive.on(name, () => void events.push(name));
    __revive.configure({ maxRestarts: 0 });
    const sibling = __revive.instance('a');
    const stop = __revive.on('retired', () => {
      stop();
      thrown(() => sibling.fail('abort'));
      thrown(() => sibling.count());
    });
    thrown(() => sibling.fail('abort'));
    __revive.evict('a');
    expect(events).toEqual(['retired', 'closed', 'retired']);
  });

  it('says that the breaker has opened while the module drains, too', async () => {
    const pkg = load();
    const { __revive } = pkg;
    const events: unknown[] = [];
    __revive.on('opened', ({ instance }) => void events.push(instance));
    __revive.configure({ consecutiveFailures: 1 });
    const lost = [pkg, __revive.instance('a')].map(({ fail_later_poll }) => fail_later_poll('abort', after(1)));
    await __revive.drain();
    await Promise.allSettled(lost);
    await after(0);
    expect(events).toEqual([undefined, 'a']);
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

  it('I2: refuses calls after ten that fail, whatever each of them calls before that goes well', () => {
    const pkg = load();
    pkg.__revive.configure({ foreignExceptions: 'recover' });
    const call = (): void => {
      pkg.nested(() => {
        pkg.count();
        throw new Error('the program gives up');
      });
    };
    for (let n = 0; n < 10; n++) expect(thrown(call)).toMatchObject({ message: 'the program gives up' });
    expect(thrown(call)).toMatchObject({ code: 'REVIVE_CRASH_LOOP' });
  });

  it('I2: refuses nothing where calls go well beside one that never settles, whose polls call the module', async () => {
    const pkg = load<Package & { wait_often(next: () => unknown, times: number): Promise<unknown> }>();
    for (let n = 0; n < 12; n++) {
      const next = (): Promise<never> => {
        pkg.count();
        return never();
      };
      pkg.wait_often(next, 1).catch(() => {});
      await after(0);
      for (let calls = 0; calls < 5; calls++) expect(pkg.count()).toBe(100);
      expect(thrown(() => pkg.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
      await after(0);
    }
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
