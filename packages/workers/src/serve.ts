import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';
import { shim } from '@wasm-revive/entrypoint-shim';
import { Calls } from './calls.js';
import { forward } from './classes.js';
import { Failures } from './failures.js';
import type { ServeOptions, WorkerApp, WorkerPackage } from './options.js';
import { Target } from './target.js';

type Class = new (state: object, env: unknown) => object;
type Exports = Record<string, Class & ((...args: unknown[]) => unknown)>;

/** The handlers of a Worker's events: Rust gets the event, `env` and the context, as the handlers of a module Worker do. */
const HANDLERS = ['fetch', 'scheduled', 'queue', 'email', 'tail', 'tailStream', 'trace', 'test', 'connect'];

/** Most instances that live at once: so many Durable Objects in one isolate, beside the instance for everything else. */
const MOST_INSTANCES = 1000;

/**
 * What the main module of a Worker exports, for a transformed package of the `worker` crate: its default entrypoint, and its classes. A failure
 * costs the request that caused it; an abort in a Durable Object costs that object's memory, and nothing else.
 *
 * @param pkg the namespace of the package: `import * as pkg from './index.js'`
 * @throws TypeError for an option that names what the package doesn't export
 */
export function serve(pkg: WorkerPackage, options: ServeOptions = {}): WorkerApp {
  const { __revive: revive } = pkg;
  revive.configure({ maxInstances: MOST_INSTANCES, ...options.revive });
  const failures = new Failures(options);
  const calls = new Calls();
  // Listeners run before anything else does.
  revive.on('failure', (report) => failures.log(report, calls.failed(report)));
  const exportsOf = (exported: object, instance?: string): Exports =>
    shim(() => exported as Exports, { around: (call, path) => calls.run(call, path, instance) });
  const own = exportsOf(pkg);
  const { objects = [], entrypoints = [], shared = false } = options;
  const {
    functions = Object.keys(pkg).filter((name) => !name.startsWith('__') && isFunction(Reflect.get(pkg, name))),
    attempts = 1,
    retryable = isRepeatable,
  } = options;
  for (const name of [...functions, ...objects, ...entrypoints, ...(typeof shared === 'boolean' ? [] : shared)]) {
    if (typeof Reflect.get(pkg, name) !== 'function')
      throw new TypeError(`wasm-revive: ${revive.module} exports no function or class ${name}.`);
  }

  /** Answers a request. */
  const answer = async (request: Request, env: unknown, call: () => unknown): Promise<unknown> => {
    for (let left = attempts; ; left--) {
      try {
        return await call();
      } catch (error) {
        if (left > 0 && calls.isInnocent(error) && retryable(request)) continue;
        const response = failures.response(error, env);
        if (response === undefined) throw error;
        return response;
      }
    }
  };

  class Default extends WorkerEntrypoint {
    static {
      for (const name of functions) {
        const run = HANDLERS.includes(name)
          ? function (this: Default, event: unknown): unknown {
              const call = (): unknown => own[name]?.call(this, event, this.env, this.ctx);
              if (name !== 'fetch') return call();
              const response = answer(event as Request, this.env, call);
              if (options.runToCompletion) this.ctx.waitUntil(response);
              return response;
            }
          : function (this: Default, ...args: unknown[]): unknown {
              return own[name]?.apply(this, args);
            };
        Object.defineProperty(Default.prototype, name, { value: run, configurable: true, writable: true });
      }
    }
  }

  const isShared = (name: string): boolean => (typeof shared === 'boolean' ? shared : shared.includes(name));
  // Where the engine tells of no objects that are gone (compatibility dates before 2025-05-05), their instances stay until the isolate goes.
  const gone = typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<object>((key) => revive.evict(key)) : undefined;
  /** The exports for one Durable Object, which are collected with it. */
  const exportsFor = (object: object, name: string, id: unknown): Exports => {
    if (isShared(name)) return own;
    const text = `${name} ${id}`;
    const key = { toString: () => text };
    gone?.register(object, key);
    return exportsOf(revive.instance(key), text);
  };

  const durableObject = (name: string): Class => {
    class Shimmed extends DurableObject {
      readonly #target: Target;

      constructor(state: ConstructorParameters<typeof DurableObject>[0], env: unknown) {
        super(state, env);
        const exported = exportsFor(this, name, state.id);
        this.#target = new Target(() => new (exported[name] as Class)(state, env), state);
      }

      static {
        forward(Shimmed.prototype, Reflect.get(pkg, name).prototype, (self) => (self as Shimmed).#target);
      }
    }
    return Shimmed as Class;
  };

  const entrypoint = (name: string): Class => {
    class Shimmed extends WorkerEntrypoint {
      readonly #target: Target;

      constructor(ctx: ConstructorParameters<typeof WorkerEntrypoint>[0], env: unknown) {
        super(ctx, env);
        this.#target = new Target(() => new (own[name] as Class)(ctx, env), ctx);
      }

      static {
        const { prototype } = Shimmed;
        forward(prototype, Reflect.get(pkg, name).prototype, (self) => (self as Shimmed).#target);
        const fetch: unknown = Reflect.get(prototype, 'fetch');
        if (typeof fetch === 'function') {
          const value = function (this: Shimmed, request: Request): unknown {
            return answer(request, this.env, () => fetch.call(this, request));
          };
          Object.defineProperty(prototype, 'fetch', { value, configurable: true, writable: true });
        }
      }
    }
    return Shimmed as Class;
  };

  return {
    default: Default as Class,
    classes: Object.fromEntries([
      ...objects.map((name) => [name, durableObject(name)]),
      ...entrypoints.map((name) => [name, entrypoint(name)]),
    ]),
  };
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}

/** Nothing of the request is used up by a first attempt, and by its method it changes nothing. */
function isRepeatable({ method, body }: Request): boolean {
  return (method === 'GET' || method === 'HEAD') && body === null;
}
