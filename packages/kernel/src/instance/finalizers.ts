import { spaceOf, UNDONE } from '../contract/handle.js';
import { keys, setProperty } from '../program/intrinsics.js';
import type { Undo } from '../rollback/undo.js';

/** What glue uses of a `FinalizationRegistry`. */
export interface Registry {
  register(target: object, held: unknown, token?: object): void;
  /** @param pointer of a handle, where that is to be known */
  unregister(token: object, pointer?: number): boolean;
}

/** What an instance has registered. */
interface Use {
  /** Undefined once the instance is gone. */
  callback: ((held: unknown) => void) | undefined;
  /** How many are neither collected nor unregistered. */
  alive: number;
}

/**
 * One `FinalizationRegistry` for a place in the glue that makes one, shared by all instances of the module.
 *
 * Each instance having its own would be simpler, but a registry must not be garbage while it has cleaning up to do: in V8 before 14 (Node
 * 20, 22 and 24) that ends the cleaning up of **all** registries for good. (The task that finds none left forgets to take back that it is
 * scheduled: `FinalizationRegistryCleanupTask::RunInternal`.)
 */
export class SharedRegistry {
  readonly #uses = new Map<number, Use>();
  readonly #registry = new FinalizationRegistry<unknown>((held) => this.#run(held));

  /** The registry as one instance has it. */
  of(space: number, callback: (held: unknown) => void): Registry {
    const use: Use = { callback: undefined, alive: 0 };
    return {
      register: (target, held, token) => {
        if (use.callback === undefined) {
          // Not before: of an instance that could not be made, nothing must stay.
          this.#uses.set(space, use);
          use.callback = callback;
        }
        use.alive++;
        // A pointer says whose it is; anything else has to be told.
        this.#registry.register(target, typeof held === 'number' ? held : { space, held }, token);
      },
      unregister: (token) => {
        const was = this.#registry.unregister(token);
        if (was) this.#left(space, use);
        return was;
      },
    };
  }

  /** Whether anything alive is registered for an instance of this space. */
  has(space: number): boolean {
    return this.#uses.has(space);
  }

  #left(space: number, use: Use): void {
    if (--use.alive <= 0 && use.callback === undefined) this.#uses.delete(space);
  }

  /** The instance is gone: what its objects pointed to is, too. */
  forget(space: number): void {
    const use = this.#uses.get(space);
    if (use === undefined) return;
    use.callback = undefined;
    if (use.alive <= 0) this.#uses.delete(space);
  }

  #run(record: unknown): void {
    const { space, held } =
      typeof record === 'number' ? { space: spaceOf(record), held: record } : (record as { space: number; held: unknown });
    const use = space === undefined ? undefined : this.#uses.get(space);
    if (space === undefined || use === undefined) return;
    this.#left(space, use);
    use.callback?.(held);
  }
}

/** In an engine that has no finalizers: only what is registered is known. */
export function withoutFinalizers(): Registry {
  const registered = new WeakSet<object>();
  return {
    register: (target, _held, token = target) => void registered.add(token),
    unregister: (token) => registered.delete(token),
  };
}

/** What was registered that is no pointer: the state of a closure, or the pointers of a handle to each of the classes that it is of. */
interface Registered {
  readonly held: object;
  readonly target: { deref(): object | undefined };
}

/**
 * The registry as an instance has it whose turns can be undone. What a turn has registered, it has made; what it has unregistered, it has used
 * up. A handle is its own token, and says its pointer when it is unregistered; a closure is registered by its state.
 * @param base where the pointers of the instance's handles start
 */
export function undoableRegistry(registry: Registry, undo: Pick<Undo, 'changes' | 'unregistered'>, base: number): Registry {
  const others = new WeakMap<object, Registered>();
  return {
    register(target, held, token = target) {
      registry.register(target, held, token);
      if (typeof held === 'object' && held !== null)
        others.set(token, { held, target: typeof WeakRef === 'function' ? new WeakRef(target) : { deref: () => target } });
      undo.changes(() => {
        registry.unregister(token);
        if (token === target) point(target, UNDONE, held, () => UNDONE);
      });
    },
    unregister(token, pointer) {
      const { unregistered } = undo;
      const pointers = unregistered.get(token);
      if (pointers !== undefined) {
        unregistered.delete(token);
        undo.changes(() => {
          unregistered.set(token, pointers);
          for (const [name, value] of pointers) setProperty(token, name, value);
        });
        return false;
      }
      const was = registry.unregister(token);
      const other = others.get(token);
      // A handle that is used through a proxy was registered as what is behind that.
      const isOther = !was && pointer !== undefined && pointer !== 0;
      if (!isOther && (!was || (other === undefined && pointer === undefined))) return was;
      undo.changes(() => {
        const target = other === undefined ? token : other.target.deref();
        if (target === undefined) return;
        if (was) registry.register(target, other?.held ?? pointer, token);
        if (pointer !== undefined) point(target, pointer, other?.held, (address) => base + address);
      });
      return was;
    },
  };
}

/** Has a handle point there, as an object of each of its classes. The program may have frozen it. */
function point(handle: object, pointer: number, held: unknown, ofClass: (address: number) => number): void {
  setProperty(handle, '__wbg_ptr', pointer);
  if (typeof held !== 'object' || held === null) return;
  for (const key of keys(held)) setProperty(handle, key, ofClass((held as Record<string, number>)[key] as number));
}
