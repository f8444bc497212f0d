import { DurableObject } from 'cloudflare:workers';
import type { App, Class, Exports } from './app.js';
import { type ClassOptions, ObjectKey } from './class-options.js';
import { forward, method } from './classes.js';
import { KeptOut } from './kept-out.js';
import { type KeepOptions, KeptState } from './kept-state.js';
import { WITH_CLASS_OPTIONS, WITH_QUARANTINE } from './left-out.js';
import type { KeepFailedLine, RequestQuarantine } from './options.js';
import { sqlStore } from './quarantine-stores.js';
import type { StateStorage } from './state-rows.js';
import { checkSql } from './storage.js';
import { type AnEvent, Target } from './target.js';

type State = ConstructorParameters<typeof DurableObject>[0];

/** Where Durable Objects live. */
interface Home {
  readonly exports: Exports;
  /** How reports name its instance, where that is its own. */
  readonly key?: ObjectKey;
  /** Ends its instance, where that is its own: the object is constructed anew before its next event. */
  lose(): void;
  /** What is done when the object is gone. */
  readonly leaving: (() => void)[];
}

/** How the state of an object is kept. */
interface Keeping {
  /** The object as it was; undefined where it is to be constructed. */
  readonly restore: () => object | undefined;
  readonly event: AnEvent | undefined;
}

const warn = (record: KeepFailedLine): void => console.warn(JSON.stringify(record));

/** Durable Objects, each in an instance of its own. */
export class Objects {
  readonly #app: App;
  readonly #options: ClassOptions;
  /** Where the engine tells of no objects that are gone (compatibility dates before 2025-05-05), instances stay until the isolate goes. */
  readonly #gone = typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<Home['leaving']>(leave) : undefined;

  /** What was said of states that can't be kept. */
  readonly #told = new Set<string>();
  readonly #keepFailed: (record: KeepFailedLine) => void;

  constructor(app: App, options: ClassOptions, keepFailed: (record: KeepFailedLine) => void = warn) {
    this.#app = app;
    this.#options = options;
    this.#keepFailed = keepFailed;
  }

  /** A class of Durable Objects. */
  classOf(name: string): Class {
    const app = this.#app;
    const isShared = this.#options.isShared(name);
    const isTransactional = this.#options.isTransactional(name);
    const keptOf = (home: Home, state: State, env: unknown): Keeping => this.#keep(name, home, state, env);
    const quarantine = WITH_QUARANTINE ? this.#options.quarantineOf(name) : undefined;
    const keptOutOf = (state: State): KeptOut | undefined =>
      WITH_QUARANTINE && quarantine !== undefined ? keptOutBy(quarantine, state.storage, name, app.revive.build) : undefined;
    const homeOf = (object: object, id: unknown): Home =>
      isShared ? { exports: app.own, lose: () => undefined, leaving: [] } : this.#home(object, name, id);
    class Shimmed extends DurableObject {
      readonly #target: Target;
      readonly #keptOut: KeptOut | undefined;

      constructor(state: State, env: unknown) {
        super(state, env);
        this.#keptOut = keptOutOf(state);
        const home = homeOf(this, state.id);
        const { exports, leaving, lose } = home;
        const key = home.key?.toString();
        try {
          const { transactions } = app;
          const turn = isTransactional ? transactions?.of(state.storage, name, key, lose) : undefined;
          if (transactions !== undefined && turn !== undefined && key !== undefined) leaving.push(transactions.join(key, turn));
          const { restore, event } = keptOf(home, state, env);
          this.#target = new Target(() => restore() ?? new (exports[name] as Class)(state, env), state, turn, event);
        } catch (error) {
          // workerd constructs another one for the next event.
          leave(leaving);
          throw error;
        }
      }

      static {
        const { prototype } = Shimmed;
        forward(prototype, app.prototypeOf(name), (self) => (self as Shimmed).#target);
        const fetch: unknown = Reflect.get(prototype, 'fetch');
        if (quarantine !== undefined && typeof fetch === 'function') {
          method(prototype, 'fetch', function (this: Shimmed, request) {
            return this.#keptOut?.run(request as Request, () => fetch.call(this, request));
          });
        }
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
    return { exports: this.#app.exportsOf(revive.instance(key), key.toString()), key, lose, leaving };
  }

  /** What keeps the state of an object, where that was chosen for its class. */
  #keep(name: string, { key }: Home, state: State, env: unknown): Keeping {
    const everyMs = this.#options.keepsEvery(name);
    return WITH_CLASS_OPTIONS && everyMs !== undefined && key !== undefined
      ? keptBy(this.#app, name, { key, everyMs, state, env, tell: ({ action, reason }) => this.#tell(name, String(key), action, reason) })
      : { restore: () => undefined, event: undefined };
  }

  #tell(name: string, object: string, action: 'save' | 'restore', reason: string): void {
    // How many there are of something makes no other reason of it.
    const once = `${name} ${action} ${reason.replaceAll(/\d+/g, '')}`;
    if (this.#told.has(once)) return;
    this.#told.add(once);
    const what = action === 'restore' ? 'was not restored, and the object begins anew' : 'was not saved';
    this.#keepFailed({ message: `The state of ${object} ${what}: ${reason}`, object, action, reason });
  }
}

/** What keeps the state of an object of a class. */
function keptBy(app: App, name: string, options: Omit<KeepOptions, 'revive' | 'exported'>): Keeping {
  const { key, state, env } = options;
  checkSql(state.storage, `${name} is to keep its state`);
  const kept = new KeptState({ ...options, revive: app.revive, exported: app.classOf(name) });
  let restored: object | undefined;
  // As if it were constructed, so that its calls are known as those of any other object.
  const again = app.exportsOf(
    {
      [name]: class {
        constructor() {
          // biome-ignore lint/correctness/noConstructorReturn: what is made is there already.
          return restored as object;
        }
      },
    },
    String(key),
  )[name] as Class;
  return {
    restore() {
      restored = kept.restore();
      return restored && new again(state, env);
    },
    event: (object, run) => kept.event(object, run),
  };
}

/** What refuses requests to an object, which remembers them in its own storage. */
function keptOutBy(options: RequestQuarantine, storage: object, name: string, build = ''): KeptOut {
  checkSql(storage, `${name} is to refuse requests that crash`);
  return new KeptOut(options, sqlStore(storage as StateStorage, build));
}

function leave(leaving: Home['leaving']): void {
  for (const each of leaving.splice(0)) each();
}
