/** What listens once, and is called in a turn that is undone: it listens again, as Rust believes then. */
import { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, expect, it } from 'vitest';
import { type Package as Fixtures, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from '../fixtures.js';

interface Package extends Fixtures {
  failing_closure(): (kind: string) => unknown;
  pass_on(how: string, target: object, f: unknown): unknown;
}

/** The fixtures register their listener as web-sys does where it is given options, and as Node.js has it for emitters. */
function load(): Package {
  const file = wasmFileOf(transformed('nodejs', 'abort', RUNTIME, 'fixtures', 'rollback')).replace('_bg.wasm', '.js');
  const text = readFileSync(file, 'utf8');
  const plain = /\$host\.register\(arg0, 'addEventListener', \[(.*), arg3\]\);/g;
  expect(text.match(plain)?.length).toBe(1);
  writeFileSync(file, text.replace(plain, "$host.register(arg0, arg0.once ? 'once' : 'addEventListener', [$1, arg3, { once: true }]);"));
  return createRequire(import.meta.url)(file) as Package;
}

/** Something that calls listeners of `event`, with a text that says how they are to fail. */
interface Source {
  readonly target: object;
  /** Gives what a listener has thrown. */
  fire(kind: string): unknown;
}

function emitter(): Source {
  const target = new EventEmitter();
  return { target, fire: (kind) => attempt(() => target.emit('event', kind)) };
}

function eventTarget(): Source {
  let error: unknown;
  // In place of the host's, which tells the process what listeners throw.
  class Target {
    readonly #listeners = new Map<unknown, { once?: boolean }>();
    addEventListener(type: string, listener: unknown, options: { once?: boolean } = {}): void {
      if (type === 'event' && !this.#listeners.has(listener)) this.#listeners.set(listener, options);
    }
    removeEventListener(_type: string, listener: unknown): void {
      this.#listeners.delete(listener);
    }
    dispatch(event: Event): void {
      for (const [listener, { once }] of [...this.#listeners]) {
        if (once) this.#listeners.delete(listener);
        error = attempt(() => (listener as (this: Target, event: Event) => void).call(this, event));
      }
    }
  }
  const target = new Target();
  return {
    target,
    fire(kind) {
      error = undefined;
      target.dispatch(Object.assign(new Event('event'), { length: kind.length, charCodeAt: (at: number) => kind.charCodeAt(at) }));
      return error;
    },
  };
}

function attempt(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code;

afterAll(removeFolders);

it.each([
  ['an emitter', emitter],
  ['a target of events', eventTarget],
])('I5, I7: listens to %s again, until it has been called in a turn that ends well', (_, make) => {
  const module = load();
  const { target, fire } = make();
  let calls = 0;
  const closure = module.failing_closure();
  module.pass_on('listener', target, closure);
  module.__revive.on('failure', () => calls++);
  for (let round = 1; round <= 3; round++) {
    expect(codeOf(fire('abort'))).toBe('REVIVE_ABORT');
    expect(calls).toBe(round);
  }
  expect(fire('none')).toBeUndefined();
  fire('abort');
  expect([calls, module.__revive.generation]).toEqual([3, 1]);
});

it('I5, I7: listens to an emitter again whatever it is given, and not to what it was not called by', () => {
  const module = load();
  const { target, fire } = emitter();
  const emits = target as EventEmitter;
  const closure = module.failing_closure();
  module.pass_on('listener', target, closure);
  // As the messages of a worker are.
  const message = { type: 'another', length: 5, charCodeAt: (at: number) => 'abort'.charCodeAt(at) };
  for (let round = 0; round < 3; round++) {
    expect(codeOf(fire(message as unknown as string))).toBe('REVIVE_ABORT');
    expect(emits.listenerCount('event')).toBe(1);
  }
  expect(fire('none')).toBeUndefined();
  // It was called, and that stands.
  thrown(() => closure.call(target, 'abort'));
  expect(emits.listenerCount('event')).toBe(0);
});

it('I6: listens once, however many of the turns in which it might have been called are undone', () => {
  const module = load();
  const { target, fire } = emitter();
  const closure = module.failing_closure();
  module.pass_on('listener', target, closure);
  // Not by what it listens to, so that it is still there.
  for (let round = 0; round < 3; round++) thrown(() => closure('abort'));
  thrown(() => closure.call(target, 'abort'));
  expect((target as EventEmitter).listenerCount('event')).toBe(1);
  fire('abort');
  expect((target as EventEmitter).listenerCount('event')).toBe(1);
});

it('I7: does not listen again where the turn that is undone has registered it', () => {
  const module = load();
  const { target, fire } = emitter();
  const error = thrown(() =>
    module.nested(() => {
      module.pass_on('listener', target, module.failing_closure());
      fire('abort');
    }),
  );
  expect(codeOf(error)).toBe('REVIVE_ABORT');
  expect((target as EventEmitter).listenerCount('event')).toBe(0);
});
