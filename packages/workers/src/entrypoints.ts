import { WorkerEntrypoint } from 'cloudflare:workers';
import type { App, Class } from './app.js';
import { forward, method } from './classes.js';
import { Target } from './target.js';

type Context = ConstructorParameters<typeof WorkerEntrypoint>[0];

/** The handlers of a Worker's events: Rust gets the event, `env` and the context, as the handlers of a module Worker do. */
const HANDLERS = ['fetch', 'scheduled', 'queue', 'email', 'tail', 'tailStream', 'trace', 'test', 'connect'];

/** The default entrypoint: exported functions. */
export function defaultEntrypoint(app: App, functions: readonly string[], runToCompletion: boolean): Class {
  class Default extends WorkerEntrypoint {
    static {
      for (const name of functions) {
        const run = (self: Default, args: unknown[]): unknown => app.own[name]?.apply(self, args);
        method(Default.prototype, name, function (this: Default, ...args) {
          if (!HANDLERS.includes(name)) return run(this, args);
          const call = (): unknown => run(this, [args[0], this.env, this.ctx]);
          if (name !== 'fetch') return call();
          const response = app.answer(args[0] as Request, this.env, call);
          if (runToCompletion) this.ctx.waitUntil(response);
          return response;
        });
      }
    }
  }
  return Default as Class;
}

/** An entrypoint beside the default one: an exported class, constructed for each event. */
export function namedEntrypoint(app: App, name: string): Class {
  class Named extends WorkerEntrypoint {
    readonly #target: Target;

    constructor(ctx: Context, env: unknown) {
      super(ctx, env);
      this.#target = new Target(() => new (app.own[name] as Class)(ctx, env), ctx);
    }

    static {
      const { prototype } = Named;
      forward(prototype, app.prototypeOf(name), (self) => (self as Named).#target);
      const fetch: unknown = Reflect.get(prototype, 'fetch');
      if (typeof fetch === 'function') {
        method(prototype, 'fetch', function (this: Named, request) {
          return app.answer(request as Request, this.env, () => fetch.call(this, request));
        });
      }
    }
  }
  return Named as Class;
}
