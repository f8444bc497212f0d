/**
 * What workerd allows, without any of our code: for promises that one request waits for and another one settles, and for telling whose event it is
 * that runs. The package is built on these facts; its README lists them.
 */
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const SCRIPT = `
  import { DurableObject } from 'cloudflare:workers';
  const held = new Map();
  const hold = (name) => new Promise((resolve) => held.set(name, resolve));
  const settle = (name, value) => {
    if (!held.has(name)) return new Response(null, { status: 404 });
    held.get(name)(value);
    return new Response();
  };
  export class Single extends DurableObject {
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (pathname === '/hold') return new Response(await hold(search));
      if (pathname === '/wait') return new Response(await scheduler.wait(Number(search.slice(1))));
      if (pathname === '/block') {
        await this.ctx.blockConcurrencyWhile(() => scheduler.wait(Number(search.slice(1))));
        return new Response();
      }
      return settle(search, 'from another event of the object');
    }
  }
  const isReadable = (signal) => {
    try {
      signal.aborted;
      return true;
    } catch {
      return false;
    }
  };
  export default {
    async fetch(request, env) {
      const { pathname, search } = new URL(request.url);
      switch (pathname) {
        case '/hold-with-timer': {
          const timer = setTimeout(() => {}, 30_000);
          const value = await hold(search);
          clearTimeout(timer);
          // Waits for something of its own: not allowed in the context of another request.
          await scheduler.wait(1);
          return new Response(value + ', ' + isReadable(request.signal));
        }
        case '/hold':
          return new Response(await hold(search));
        case '/settle':
          return settle(search, 'from another request');
        case '/keep-signal':
          held.set('signal', new AbortController().signal);
          return new Response(String(isReadable(held.get('signal'))));
        case '/read-signal':
          return new Response(String(isReadable(held.get('signal'))));
        case '/object':
          return env.SINGLE.getByName('object').fetch('http://object/' + search.slice(1));
        case '/wait-and-block': {
          const object = env.SINGLE.getByName('blocked');
          // Delivered one right after the other.
          const waits = object.fetch('http://object/wait?500');
          await Promise.all([waits, object.fetch('http://object/block?600')]);
          return new Response();
        }
        default:
          return new Response(null, { status: 404 });
      }
    },
  };`;

describe.each([
  ['2024-10-14', true],
  ['2024-10-13', false],
])('workerd, compatibility date %s', (compatibilityDate, handlesOthers) => {
  let miniflare: Miniflare;
  let url: URL;
  const get = async (path: string, timeout = 20_000): Promise<string> => {
    try {
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(timeout) });
      return `${response.status} ${response.ok ? await response.text() : ''}`.trim();
    } catch {
      return 'no answer';
    }
  };
  /** Has another request settle what one is held by, as soon as that is there. */
  const settled = (path: string) => expect.poll(() => get(path)).toBe('200');

  beforeAll(async () => {
    miniflare = new Miniflare({
      modules: true,
      script: SCRIPT,
      compatibilityDate,
      durableObjects: { SINGLE: 'Single' },
      handleRuntimeStdio: (stdout, stderr) => void [stdout.resume(), stderr.resume()],
    });
    url = await miniflare.ready;
  });
  afterAll(() => miniflare.dispose());

  test(`a request ${handlesOthers ? 'goes on in its own context' : 'is never answered'} when another one settles what it waits for`, async () => {
    const held = get('/hold-with-timer?a', handlesOthers ? undefined : 1500);
    await settled('/settle?a');
    expect(await held).toBe(handlesOthers ? '200 from another request, true' : 'no answer');
  });

  test('a request that waits for nothing of its own is cancelled, although another one could still settle its promise', async () => {
    expect(await get('/hold?b')).toBe('500');
    expect(await get('/settle?b')).toBe('200');
  });

  test('a signal can be read in its own request, and in no other', async () => {
    expect(await get('/keep-signal')).toBe('200 true');
    expect(await get('/read-signal')).toBe('200 false');
  });

  // docs/upstream/n07-timers-behind-a-blocked-object.md
  test('a timer within blockConcurrencyWhile fires only where no timer of another event of the object is due before it', async () => {
    expect(await get('/object?block?20')).toBe('200');
    expect(await get('/wait-and-block', 2500)).toBe('no answer');
  });

  test('events of one Durable Object settle each other’s promises', async () => {
    const held = get('/object?hold?c');
    await settled('/object?settle?c');
    expect(await held).toBe('200 from another event of the object');
  });
});

// docs/upstream/n06-promises-of-optimised-code.md
describe('workerd, once V8 has optimised the code that makes a promise', () => {
  const hot = (make: string): string => `
    let settle;
    const make = () => { ${make} };
    const wait = async (then) => { const promise = make(); then(settle); await promise; };
    let held;
    export default {
      async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === '/warm') {
          for (let i = 0; i < 200_000; i++) await wait((settle) => settle());
        } else if (pathname === '/settle') {
          if (held === undefined) return new Response(null, { status: 404 });
          held();
        } else {
          const { signal } = new AbortController();
          const timer = setTimeout(() => {}, 30_000);
          await wait((settle) => { held = settle; });
          clearTimeout(timer);
          signal.aborted;
        }
        return new Response();
      }
    };`;

  test.each([
    ['has a request go on in the context of the one that settles it', 'return new Promise((resolve) => { settle = resolve; });', 500],
    [
      'not where `Promise.withResolvers` makes it',
      'const made = Promise.withResolvers(); settle = made.resolve; return made.promise;',
      200,
    ],
  ])('%s', async (_, make, status) => {
    const miniflare = new Miniflare({
      modules: true,
      script: hot(make),
      compatibilityDate: '2026-01-01',
      handleRuntimeStdio: (stdout, stderr) => void [stdout.resume(), stderr.resume()],
    });
    try {
      const url = await miniflare.ready;
      const get = async (path: string): Promise<number> =>
        (await fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000) })).status;
      expect(await get('/warm')).toBe(200);
      const held = get('/hold');
      await expect.poll(() => get('/settle')).toBe(200);
      expect(await held).toBe(status);
    } finally {
      await miniflare.dispose();
    }
  });
});
