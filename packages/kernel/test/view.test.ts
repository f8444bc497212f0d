/** What a plugin gets: it may be anybody's, so that it must reach nothing by which it could end an instance, or have it told as lost. */
import { expect, it } from 'vitest';
import { Instance, type InstanceView, type Plugin } from '../src/index.js';
import { makeInstance } from './fake.js';

const MEMBERS = ['key', 'generation', 'state', 'module', 'exports', 'panicking', 'memoryBytes', 'callsInFlight'];

/** Everything that can be reached from a value: by properties of any kind, by what getters give, and by prototypes. */
function reachable(from: unknown, found: Set<unknown> = new Set()): Set<unknown> {
  const isObject = (typeof from === 'object' && from !== null) || typeof from === 'function';
  if (!isObject || found.has(from) || from === Object.prototype || from === Function.prototype) return found;
  found.add(from);
  for (const key of Reflect.ownKeys(from)) {
    const value = attempt(() => Reflect.get(from, key) as unknown);
    reachable(value, found);
  }
  return reachable(Object.getPrototypeOf(from), found);
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Has every hook called once, and gives what each was given. */
function everyHook(): { readonly instance: Instance; readonly given: Map<string, readonly unknown[]> } {
  const given = new Map<string, readonly unknown[]>();
  const noted =
    (name: string) =>
    (...args: readonly unknown[]): undefined =>
      void given.set(name, args);
  const names = ['instantiated', 'entered', 'committed', 'threw', 'failed', 'lost'] as const;
  const spy = Object.fromEntries(names.map((name) => [name, noted(name)]));
  const made = makeInstance({ plugins: [{ name: 'spy', ...spy } as Plugin], spiesFirst: true });
  made.host.entered(0);
  made.host.left();
  made.host.threw(new WebAssembly.RuntimeError('unreachable'), 0, 0);
  return { instance: made.instance, given };
}

it('I3: a plugin gets the same view from every hook, with the members that are documented and no others', () => {
  const { instance, given } = everyHook();
  expect([...given.keys()].sort()).toEqual(['committed', 'entered', 'failed', 'instantiated', 'lost', 'threw']);
  const [thrown] = given.get('threw') as [{ instance: InstanceView }];
  const views = [thrown.instance, ...['instantiated', 'entered', 'committed', 'failed', 'lost'].map((name) => given.get(name)?.[0])];
  expect(new Set(views).size).toBe(1);
  const [view] = views as [InstanceView];
  expect(Reflect.ownKeys(view)).toEqual(MEMBERS);
  expect([Object.getPrototypeOf(view), Object.isFrozen(view)]).toEqual([null, true]);
  expect(Reflect.ownKeys(view.module)).toEqual(['name']);
  expect(Object.getPrototypeOf(view.module)).toBeNull();
  expect([view.generation, view.state, view.memoryBytes, view.callsInFlight]).toEqual([1, 'lost', 0, 0]);
  expect(instance.state).toBe('lost');
});

it('I3: from what a plugin is given it can not reach the instance, nor its owner', () => {
  const { instance, given } = everyHook();
  for (const [name, args] of given) {
    const found = reachable(args);
    const forbidden = [instance, Instance, Instance.prototype, instance.owner, instance.scope, instance.owner.module.description];
    expect([name, forbidden.filter((one) => found.has(one))]).toEqual([name, []]);
  }
});
