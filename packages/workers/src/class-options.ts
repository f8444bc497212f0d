import type { RecoveryChoice, Revive } from '@wasm-revive/reinit-manager';
import type { DurableObjectOptions, RequestQuarantine, ServeOptions } from './options.js';

/** The key of an object's instance. It isn't the object: whoever holds the key doesn't hold that. */
export class ObjectKey {
  readonly name: string;
  readonly #text: string;

  /** @param name of its class */
  constructor(name: string, id: unknown) {
    this.name = name;
    this.#text = `${name} ${id}`;
  }

  /** As reports name the instance. */
  toString(): string {
    return this.#text;
  }
}

/** What was chosen for the classes of Durable Objects. */
export class ClassOptions {
  readonly #default: RecoveryChoice;
  readonly #shared: boolean | readonly string[];
  readonly #own: ReadonlyMap<string, DurableObjectOptions>;

  /** @throws TypeError for what can't be */
  constructor({ canRollBack, module }: Revive, { objects = [], durableObjects = {}, shared = false, recovery }: ServeOptions) {
    this.#default = recovery ?? (canRollBack ? 'rollback' : 'fresh');
    this.#shared = shared;
    this.#own = new Map(Object.entries(durableObjects));
    for (const [name, own] of this.#own) {
      if (!objects.includes(name)) {
        throw new TypeError(`wasm-revive: durableObjects names ${name}, which is no class of objects. They are: ${objects.join(', ')}.`);
      }
      if (this.isShared(name) && own.recovery !== undefined && own.recovery !== this.#default) {
        throw new TypeError(
          `wasm-revive: ${name} is shared, so that recovery of its objects is that of all requests (${this.#default}), and not ${own.recovery}.`,
        );
      }
    }
    for (const [name, { keepState = false }] of this.#own) {
      if (keepState === false) continue;
      if (this.isShared(name))
        throw new TypeError(`wasm-revive: ${name} is shared, so that its objects have no state of their own to keep.`);
      if (!canRollBack) {
        throw new TypeError(
          `wasm-revive: ${name} is to keep its state, for which ${module} was not built. Set WASM_REVIVE_RECOVERY=rollback in front of worker-build.`,
        );
      }
    }
    const asked = [recovery, ...[...this.#own.values()].map((own) => own.recovery)];
    if (!canRollBack && asked.includes('rollback')) {
      throw new TypeError(
        `wasm-revive: recovery is to be rollback, for which ${module} was not built. Set WASM_REVIVE_RECOVERY=rollback in front of worker-build.`,
      );
    }
  }

  /** Whether objects of a class live where everything else does. */
  isShared(name: string): boolean {
    return typeof this.#shared === 'boolean' ? this.#shared : this.#shared.includes(name);
  }

  /** Whether turns of its objects are transactions. */
  isTransactional(name: string): boolean {
    return this.#own.get(name)?.transactional === true;
  }

  /** When an object refuses requests; undefined where it refuses none. */
  quarantineOf(name: string): RequestQuarantine | undefined {
    const { quarantine = false } = this.#own.get(name) ?? {};
    return quarantine === true ? {} : quarantine || undefined;
  }

  /** How many milliseconds lie between two saves of an object's state at least; undefined where it isn't kept. */
  keepsEvery(name: string): number | undefined {
    const { keepState = false } = this.#own.get(name) ?? {};
    if (keepState === false) return undefined;
    return keepState === true ? 0 : keepState.everyMs;
  }

  /** What is done after an abort. @param key of the instance that failed: undefined where it serves requests */
  recoveryOf(key: unknown): RecoveryChoice {
    return (key instanceof ObjectKey ? this.#own.get(key.name)?.recovery : undefined) ?? this.#default;
  }
}
