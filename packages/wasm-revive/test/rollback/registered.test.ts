/** What a turn that is undone has changed of what the host is to call: it is as before the turn, also where the closure was there before it. */
import { EventEmitter, getEventListeners } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@wasm-revive/bindgen';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, folder, RUNTIME, removeFolders, thrown, wasmFileOf } from '../fixtures.js';

interface Package extends Fixtures {
  counting_closure(): () => void;
  pass_on(how: string, target: object, f: unknown): unknown;
  registered_runs(): number;
}

/** What `pass_on` calls on a target that says so, in place of adding a listener. */
interface Target {
  removes?: boolean;
  options?: object;
}

/** How many listeners of `event` the host has. */
const listenersOf = (target: EventEmitter | EventTarget): number =>
  target instanceof EventEmitter ? target.listenerCount('event') : getEventListeners(target, 'event').length;

/** The fixtures add a listener, and import no function that removes one: theirs is given both, as web-sys and the emitters of Node.js have them. */
function load(): Package {
  const dir = folder();
  cpSync(fileURLToPath(new URL('../../../../.artifacts/fixtures/abort/nodejs/', import.meta.url)), dir, { recursive: true });
  const file = wasmFileOf(dir).replace('_bg.wasm', '.js');
  const plain = /arg0\.addEventListener\((getStringFromWasm0\(arg1, arg2\)), arg3\);/g;
  const text = readFileSync(file, 'utf8');
  expect(text.match(plain)?.length).toBe(1);
  const calls = `
            const isEmitter = arg0.on !== undefined;
            if (arg0.removes && isEmitter) arg0.off($1, arg3);
            else if (arg0.removes) arg0.removeEventListener($1, arg3);
            else if (isEmitter) arg0.on($1, arg3);
            else arg0.addEventListener($1, arg3, arg0.options);`;
  writeFileSync(file, text.replace(plain, calls));
  const outDir = join(folder(), 'pkg');
  transform({ dir, outDir, version: '9.9.9', runtime: { import: RUNTIME }, recovery: 'rollback' });
  return createRequire(import.meta.url)(join(outDir, file.slice(dir.length))) as Package;
}

const undone = (module: Package, run: () => unknown): void =>
  expect(
    thrown(() =>
      module.nested(() => {
        run();
        module.fail('abort');
      }),
    ),
  ).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });

const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

afterAll(removeFolders);

describe.each([
  [
    'a target of events',
    () => new EventTarget() as EventTarget & Target,
    (target: EventTarget) => target.dispatchEvent(new Event('event')),
  ],
  ['an emitter', () => new EventEmitter() as EventEmitter & Target, (target: EventEmitter) => target.emit('event')],
])('listeners of %s', (_, make, fire) => {
  const runsOf = (module: Package, target: object): number => {
    const before = module.registered_runs();
    (fire as (target: object) => unknown)(target);
    return module.registered_runs() - before;
  };

  it('I7: one that was there before still is, where the turn has added it again', () => {
    const module = load();
    const [target, closure] = [make(), module.counting_closure()];
    module.pass_on('listener', target, closure);
    undone(module, () => module.pass_on('listener', target, closure));
    expect(runsOf(module, target)).toBe(1);
  });

  it('I7: one that the turn has removed is there again, and one that was removed before it is not', () => {
    const module = load();
    const [target, kept, removed] = [make(), module.counting_closure(), module.counting_closure()];
    for (const closure of [kept, removed]) module.pass_on('listener', target, closure);
    target.removes = true;
    module.pass_on('listener', target, removed);
    for (let round = 0; round < 3; round++) {
      undone(module, () => {
        module.pass_on('listener', target, kept);
        target.removes = false;
        module.pass_on('listener', target, removed);
        target.removes = true;
      });
      expect(runsOf(module, target)).toBe(1);
    }
    module.pass_on('listener', target, kept);
    expect(runsOf(module, target)).toBe(0);
  });

  it('I6: one that was there again is taken back with the instance', async () => {
    const module = load();
    const [target, closure] = [make(), module.counting_closure()];
    module.pass_on('listener', target, closure);
    target.removes = true;
    undone(module, () => module.pass_on('listener', target, closure));
    module.__revive.reset();
    await turn();
    expect(listenersOf(target)).toBe(0);
  });
});

it('I7: a listener that the host has dropped by its signal, or after its one call, is taken back where the turn has added it again', () => {
  const module = load();
  const [target, closure] = [new EventTarget() as EventTarget & Target, module.counting_closure()];
  const fire = (): number => {
    const before = module.registered_runs();
    target.dispatchEvent(new Event('event'));
    return module.registered_runs() - before;
  };
  const abort = new AbortController();
  for (const [options, drop] of [
    [{ signal: abort.signal }, () => abort.abort()],
    [{ once: true }, () => expect(fire()).toBe(1)],
  ] as const) {
    target.options = options;
    module.pass_on('listener', target, closure);
    drop();
    target.options = {};
    undone(module, () => module.pass_on('listener', target, closure));
    expect(fire()).toBe(0);
  }
});

it('I7: a handler that the turn has replaced, or taken away, is there again', () => {
  const module = load();
  const [before, other] = [module.counting_closure(), module.counting_closure()];
  const target: { onevent?: unknown } = {};
  module.pass_on('handler', target, before);
  for (const handler of [other, before, null, () => {}]) {
    undone(module, () => module.pass_on('handler', target, handler));
    expect(target.onevent).toBe(before);
  }
  const own = (): void => {};
  target.onevent = own;
  undone(module, () => module.pass_on('handler', target, other));
  expect(target.onevent).toBe(own);
});

it('I2, I7: a reaction that the turn has asked for doesn’t come, be it by a closure that was there before', async () => {
  const module = load();
  const closure = module.counting_closure();
  const promise = Promise.resolve();
  module.pass_on('then', promise, closure);
  for (let round = 0; round < 3; round++) undone(module, () => module.pass_on('then', promise, closure));
  await turn();
  expect(module.registered_runs()).toBe(1);
});
