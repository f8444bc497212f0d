/** Async functions, and when what happens. */
import { deferred } from '../runtime.ts';
import type { Use } from './behaviour.ts';

/** The order in which things come to pass, among microtasks that are counted. */
async function order(start: (note: (what: string) => void) => void): Promise<string> {
  const seen: string[] = [];
  start((what) => seen.push(what));
  for (let tick = 0; tick < 25; tick++) {
    await undefined;
    seen.push(String(tick));
  }
  // Ticks in which nothing came to pass say nothing.
  return seen.filter((what, index) => !/^\d+$/.test(what) || !/^\d+$/.test(seen[index + 1] ?? '0')).join(' ');
}

export const ASYNC: Readonly<Record<string, Use>> = {
  'a promise': (ns) => {
    const promise = ns.ready(1);
    return [promise instanceof Promise, promise.constructor === Promise, Object.keys(promise), promise];
  },
  'an async result': (ns) => ns.ready(1),
  'a promise awaited in Rust': (ns) => ns.wait_for(Promise.resolve('value')),
  'a rejection awaited in Rust': (ns) => ns.wait_for(Promise.reject(new RangeError('mine'))),
  'a rejection awaited in Rust keeps its identity': async (ns) => {
    const reason = {};
    return (await ns.wait_for(Promise.reject(reason)).catch((error: unknown) => error)) === reason;
  },
  'a thenable awaited in Rust': (ns) =>
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tried
    ns.wait_for({ then: (resolve: (value: string) => void) => queueMicrotask(() => resolve('then')) } as unknown as Promise<string>),
  'many awaits': (ns) => {
    let calls = 0;
    return ns.wait_often(() => Promise.resolve(calls++), 5).then((times) => [times, calls]);
  },
  'a callback that throws in a poll': (ns) =>
    ns.wait_often(() => {
      throw new Error('mine');
    }, 1),
  'a rejection of Rust': (ns) => ns.reject('refused'),
  'a promise made by Rust': (ns) => ns.promise_of(Promise.resolve('made')),
  'a spawned task': async (ns) => {
    const gate = deferred<void>();
    const before = ns.tasks_finished();
    ns.spawn_after(gate.promise);
    gate.resolve();
    for (let tick = 0; tick < 20; tick++) await undefined;
    return ns.tasks_finished() - before;
  },
  'an async method': async (ns) => {
    const counter = new ns.Counter(5);
    const later = counter.later();
    let during: unknown;
    try {
      during = counter.inc();
    } catch (error) {
      during = (error as Error).message;
    }
    return [during, await later, counter.inc()];
  },
  'calls at once': (ns) => Promise.all([3, 1, 2].map((n) => ns.ready(n))),
  'a call that settles later than one made after it': async (ns) => {
    const [first, second] = [deferred<string>(), deferred<string>()];
    const settled: string[] = [];
    const calls = [first, second].map(({ promise }) => ns.wait_for(promise).then((value) => settled.push(value)));
    second.resolve('second');
    await calls[1];
    first.resolve('first');
    await Promise.all(calls);
    return settled;
  },
  'order: a result that is ready': (ns) => order((note) => void ns.ready(1).then(() => note('ready'))),
  'order: an await': (ns) => order((note) => void ns.wait_for(Promise.resolve()).then(() => note('resolved'))),
  'order: a rejection': (ns) => order((note) => void ns.wait_for(Promise.reject(1)).catch(() => note('rejected'))),
  'order: many awaits': (ns) =>
    order((note) => {
      let call = 0;
      void ns
        .wait_often(() => {
          note(`call ${call++}`);
          return Promise.resolve();
        }, 3)
        .then(() => note('end'));
    }),
  'order: two tasks': (ns) =>
    order((note) => {
      const next = (name: string) => () => {
        note(name);
        return undefined;
      };
      void ns.wait_often(next('a'), 2).then(() => note('end a'));
      void ns.wait_often(next('b'), 2).then(() => note('end b'));
    }),
};
