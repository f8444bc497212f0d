import { DurableObject } from 'cloudflare:workers';
import type { App, Class, Exports } from './app.js';
import { forward } from './classes.js';
import { Target } from './target.js';

type State = ConstructorParameters<typeof DurableObject>[0];

/** Where Durable Objects live. */
interface Home {
  readonly exports: Exports;
  /** The object is gone. */
  leave(): void;
}

/** Durable Objects, each in an instance of its own. */
export class Objects {
  readonly #app: App;
  /** Where the engine tells of no objects that are gone (compatibility dates before 2025-05-05), instances stay until the isolate goes. */
  readonly #gone = typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<Home['leave']>((leave) => leave()) : undefined;

  constructor(app: App) {
    this.#app = app;
  }

  /** A class of Durable Objects. @param isShared whether they live where everything else does */
  classOf(name: string, isShared: boolean): Class {
    const app = this.#app;
    const homeOf = (object: object, id: unknown): Home =>
      isShared ? { exports: app.own, leave: () => undefined } : this.#home(object, name, id);
    class Shimmed extends DurableObject {
      readonly #target: Target;

      constructor(state: State, env: unknown) {
        super(state, env);
        const { exports, leave } = homeOf(this, state.id);
        try {
          this.#target = new Target(() => new (exports[name] as Class)(state, env), state);
        } catch (error) {
          // workerd constructs another one for the next event.
          leave();
          throw error;
        }
      }

      static {
        forward(Shimmed.prototype, app.prototypeOf(name), (self) => (self as Shimmed).#target);
      }
    }
    return Shimmed as Class;
  }

  /** An instance for one object, which goes with it. */
  #home(object: object, name: string, id: unknown): Home {
    const { revive } = this.#app;
    const text = `${name} ${id}`;
    // Not the object: whoever holds the key doesn't hold that.
    const key = { toString: () => text };
    const leave = (): void => void revive.evict(key);
    this.#gone?.register(object, leave);
    return { exports: this.#app.exportsOf(revive.instance(key), text), leave };
  }
}
