import { spaceOf } from './handle.js';

/** What glue uses of a `FinalizationRegistry`. */
export interface Registry {
  register(target: object, held: unknown, token?: object): void;
  unregister(token: object): boolean;
}

/**
 * One `FinalizationRegistry` for a place in the glue that makes one, shared by all instances of the module.
 *
 * Each instance having its own would be simpler, but a registry must not be garbage while it has cleaning up to do: in V8 before 14 (Node
 * 20, 22 and 24) that ends the cleaning up of **all** registries for good. (The task that finds none left forgets to take back that it is
 * scheduled: `FinalizationRegistryCleanupTask::RunInternal`.)
 */
export class SharedRegistry {
  readonly #callbacks = new Map<number, (held: unknown) => void>();
  readonly #registry = new FinalizationRegistry<unknown>((held) => this.#run(held));

  /** The registry as one instance has it. */
  of(space: number, callback: (held: unknown) => void): Registry {
    let used = false;
    return {
      register: (target, held, token) => {
        // Not before: of an instance that could not be made, nothing must stay.
        if (!used) this.#callbacks.set(space, callback);
        used = true;
        // A pointer says whose it is; anything else has to be told.
        this.#registry.register(target, typeof held === 'number' ? held : { space, held }, token);
      },
      unregister: (token) => this.#registry.unregister(token),
    };
  }

  /** The instance is gone: what its objects pointed to is, too. */
  forget(space: number): void {
    this.#callbacks.delete(space);
  }

  #run(record: unknown): void {
    const { space, held } =
      typeof record === 'number' ? { space: spaceOf(record), held: record } : (record as { space: number; held: unknown });
    if (space !== undefined) this.#callbacks.get(space)?.(held);
  }
}
