import { DurableObject } from 'cloudflare:workers';
import type { App, Class, Exports } from './app.js';
import { type ClassOptions, ObjectKey } from './class-options.js';
import { forward } from './classes.js';
import { Target } from './target.js';

type State = ConstructorParameters<typeof DurableObject>[0];

/** Where Durable Objects live. */
interface Home {
  readonly exports: Exports;
  /** How reports name its instance, where that is its own. */
  readonly key?: string;
  /** Ends its instance, where that is its own: the object is constructed anew before its next event. */
  lose(): void;
  /** What is done when the object is gone. */
  readonly leaving: (() => void)[];
}

/** Durable Objects, each in an instance of its own. */
export class Objects {
  readonly #app: App;
  readonly #options: ClassOptions;
  /** Where the engine tells of no objects that are gone (compatibility dates before 2025-05-05), instances stay until the isolate goes. */
  readonly #gone = typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<Home['leaving']>(leave) : undefined;

  constructor(app: App, options: ClassOptions) {
    this.#app = app;
    this.#options = options;
  }

  /** A class of Durable Objects. */
  classOf(name: string): Class {
    const app = this.#app;
    const isShared = this.#options.isShared(name);
    const isTransactional = this.#options.isTransactional(name);
    const homeOf = (object: object, id: unknown): Home =>
      isShared ? { exports: app.own, lose: () => undefined, leaving: [] } : this.#home(object, name, id);
    class Shimmed extends DurableObject {
      readonly #target: Target;

      constructor(state: State, env: unknown) {
        super(state, env);
        const { exports, key, leaving, lose } = homeOf(this, state.id);
        try {
          const turn = isTransactional ? app.transactions.of(state.storage, name, key, lose) : undefined;
          if (turn !== undefined && key !== undefined) leaving.push(app.transactions.join(key, turn));
          this.#target = new Target(() => new (exports[name] as Class)(state, env), state, turn);
        } catch (error) {
          // workerd constructs another one for the next event.
          leave(leaving);
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
    const key = new ObjectKey(name, id);
    const lose = (): void => void revive.evict(key);
    const leaving = [lose];
    this.#gone?.register(object, leaving);
    return { exports: this.#app.exportsOf(revive.instance(key), key.toString()), key: key.toString(), lose, leaving };
  }
}

function leave(leaving: Home['leaving']): void {
  for (const each of leaving.splice(0)) each();
}
