/** What is remembered of a call that has crashed. Plain data, for a store. */
export interface Crashed {
  /** The SHA-256 of path and arguments, 64 hexadecimal digits. */
  readonly key: string;
  /** How the user reaches the entrypoint: `render`. */
  readonly path: string;
  /** How often it has crashed. Zero when it is forgotten: a store can remove it. */
  readonly crashes: number;
  /** Whether the call gave a promise: then it is refused by one that is rejected. */
  readonly isAsync: boolean;
  /** Its arguments have only been read after the call had failed, when the program may have changed them: it is not refused yet. */
  readonly isUnsure?: true;
}

/** The calls that have crashed, the one whose last crash is longest ago first. */
export class Crashes {
  readonly #limit: number;
  readonly #changed: (entry: Crashed) => void;
  readonly #all = new Map<string, Crashed>();
  /** How many there are of each path. */
  readonly #paths = new Map<string, number>();

  /** @param changed is told of each entry that has changed here, and of what is forgotten with zero crashes */
  constructor(limit: number, changed: (entry: Crashed) => void) {
    this.#limit = limit;
    this.#changed = changed;
  }

  /** Copies: nobody else changes what is here. */
  get all(): Crashed[] {
    return [...this.#all.values()];
  }

  /** Whether a call of this path has crashed. Asked before every call. */
  hasPath(path: string): boolean {
    return this.#paths.has(path);
  }

  get(key: string): Crashed | undefined {
    return this.#all.get(key);
  }

  /** A call has crashed. */
  count(key: string, { path, isAsync, isUnsure }: Pick<Crashed, 'path' | 'isAsync'> & { readonly isUnsure: boolean }): void {
    const before = this.#all.get(key);
    const stillUnsure = isUnsure && (before === undefined || before.isUnsure === true);
    const entry = Object.freeze({
      key,
      path,
      crashes: (before?.crashes ?? 0) + 1,
      isAsync,
      ...(stillUnsure && { isUnsure: true as const }),
    });
    this.#put(entry);
    this.#changed(entry);
    this.#forgetOldest();
  }

  /** Somebody else knows of them; of one that is known here, what has crashed more often holds. */
  learn(entries: Iterable<Crashed>): void {
    for (const entry of entries) {
      const { key, path, crashes, isAsync, isUnsure } = checked(entry);
      if (crashes <= (this.#all.get(key)?.crashes ?? 0)) continue;
      this.#put(Object.freeze({ key, path, crashes, isAsync, ...(isUnsure && { isUnsure }) }));
    }
    this.#forgetOldest();
  }

  /** Forgets those whose keys begin so. Says whether there were any. */
  release(beginning: string): boolean {
    const found = [...this.#all.values()].filter(({ key }) => key.startsWith(beginning));
    for (const entry of found) this.#forget(entry);
    return found.length > 0;
  }

  #put(entry: Crashed): void {
    if (!this.#all.delete(entry.key)) this.#paths.set(entry.path, (this.#paths.get(entry.path) ?? 0) + 1);
    this.#all.set(entry.key, entry);
  }

  #forgetOldest(): void {
    for (const entry of this.#all.values()) {
      if (this.#all.size <= this.#limit) return;
      this.#forget(entry);
    }
  }

  #forget(entry: Crashed): void {
    this.#all.delete(entry.key);
    const left = (this.#paths.get(entry.path) ?? 1) - 1;
    if (left === 0) this.#paths.delete(entry.path);
    else this.#paths.set(entry.path, left);
    this.#changed(Object.freeze({ ...entry, crashes: 0 }));
  }
}

function checked(entry: Crashed): Crashed {
  const { key, path, crashes, isAsync } = entry ?? {};
  const isWhole = Number.isSafeInteger(crashes) && crashes >= 0;
  if (typeof key === 'string' && /^[0-9a-f]{64}$/.test(key) && typeof path === 'string' && isWhole && typeof isAsync === 'boolean')
    return entry;
  throw new TypeError(
    'A quarantine was given an entry that is none: each has to be what `changed` was given, with `key`, `path`, `crashes` and `isAsync`.',
  );
}
