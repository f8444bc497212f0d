/**
 * The folders of a cache, which several processes use at once. Each is named for all that its content depends on, so that it is never stale and
 * never changes: it appears whole or not at all. Its last use is when its file `about.json` was last touched.
 *
 * A folder that nobody has used for long is taken away, which must not happen to one that somebody begins to use at that moment. Who uses a folder
 * touches that file. Who takes a folder away renames it, and then looks when it was touched: since a name leads to one file or to none, either the
 * touch came before, and the folder is given back, or it fails, and the folder is made anew.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { TransformError } from '../errors.js';
import { isSystemError, systemWords } from '../write/plain-errors.js';
import { entryAt } from '../write/staging.js';

/** In each folder: what is said of it. */
const ABOUT = 'about.json';

/** What that file is called while its folder is taken away. */
const TAKEN = 'taken-';

/** Folders that are being made, or taken away. */
const MAKING = '.wasm-revive-making-';
const GONE = '.wasm-revive-gone-';

/** The folders of {@link Entries}; a number says that another was there when this one was made. */
const NAME = /^.+-[0-9a-f]{32}(?:\.\d+)?$/;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Unused for so long, a folder is taken away. */
const LONGEST_UNUSED = 30 * DAY;

/** Of what was made of one package, these many stay for as long; an older one only for an hour, since nobody may ask for that content again. */
const KEPT = 3;

/** A process that has files of a folder in use says so this often. */
const BEAT = HOUR / 6;

/** One folder of a cache. */
export interface CacheEntry<T> {
  readonly place: string;
  readonly about: T;
}

interface About<T> {
  /** What it was made of, and how: of all with the same, the newest is the one that counts. */
  readonly of: string;
  readonly about: T;
}

/** A cache, in a folder which may hold other things. */
export class Entries<T> {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** @param key what {@link keyOf} gives, behind a name for people and a dash */
  find(key: string): CacheEntry<T> | undefined {
    for (let number = 0; ; number++) {
      const place = this.#place(key, number);
      if (use(place)) {
        const about = read<T>(place);
        if (about !== undefined) return { place, about: about.about };
      } else if (entryAt(place) === undefined) return undefined;
    }
  }

  /**
   * Makes a folder, unless another process has made it meanwhile. Takes away folders that nobody has used for long.
   * @param of what it is made of, and how: a hash
   * @param fill puts the content into the folder that it is given, and says what there is to say
   * @throws TransformError `REVIVE_BAD_OUTPUT` where the cache can't be written
   */
  make(key: string, of: string, fill: (staged: string) => T): CacheEntry<T> {
    makeRoot(this.#root);
    const staged = mkdtempSync(join(this.#root, MAKING));
    try {
      const about = fill(staged);
      writeFileSync(join(staged, ABOUT), JSON.stringify({ of, about } satisfies About<T>));
      const entry = this.find(key) ?? { place: this.#putIn(staged, key), about };
      this.#takeAwayUnused();
      return entry;
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  }

  /** Whether a folder is one of this cache, with what is said of it. */
  at(place: string): T | undefined {
    return NAME.test(basename(place)) && join(this.#root, basename(place)) === place ? read<T>(place)?.about : undefined;
  }

  #place(key: string, number: number): string {
    return join(this.#root, number === 0 ? key : `${key}.${number}`);
  }

  #putIn(staged: string, key: string): string {
    for (let number = 0; ; number++) {
      const place = this.#place(key, number);
      try {
        renameSync(staged, place);
        return place;
      } catch (error) {
        // Another process has made it at this moment, or is taking it away.
        if (!isSystemError(error) || !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code) || number > 99) throw error;
        if (use(place)) return place;
      }
    }
  }

  #takeAwayUnused(): void {
    try {
      const names = readdirSync(this.#root);
      const entries = names.filter((name) => NAME.test(name)).map((name) => join(this.#root, name));
      this.#takeAwayOlder(entries);
      for (const place of entries) this.#takeAwayLeft(place);
      for (const name of names.filter((one) => one.startsWith(MAKING) || one.startsWith(GONE))) {
        const place = join(this.#root, name);
        if (isOlder(place, DAY)) rmSync(place, { recursive: true, force: true });
      }
    } catch (error) {
      // Another process takes the same away.
      if (!isSystemError(error)) throw error;
    }
  }

  #takeAwayOlder(entries: readonly string[]): void {
    const used = entries.flatMap((place) => {
      const of = read(place)?.of;
      const time = timeOf(join(place, ABOUT));
      return of === undefined || time === undefined ? [] : [{ place, of, time }];
    });
    const newer = new Map<string, number>();
    for (const { place, of } of used.sort((one, other) => other.time - one.time)) {
      const rank = newer.get(of) ?? 0;
      newer.set(of, rank + 1);
      this.#takeAway(place, ABOUT, rank < KEPT ? LONGEST_UNUSED : HOUR);
    }
  }

  /** @param file that says when the folder was last used @param limit in milliseconds */
  #takeAway(place: string, file: string, limit: number): void {
    if (!isOlder(join(place, file), limit)) return;
    const taken = join(place, `${TAKEN}${randomUUID()}.json`);
    try {
      renameSync(join(place, file), taken);
      if (!isOlder(taken, limit)) {
        renameSync(taken, join(place, ABOUT));
        return;
      }
      const gone = join(this.#root, `${GONE}${randomUUID()}`);
      renameSync(place, gone);
      rmSync(gone, { recursive: true, force: true });
    } catch (error) {
      // Another process takes it away, or this one may not: then it stays.
      if (!isSystemError(error)) throw error;
    }
  }

  /** A process that was killed may have left it half taken. */
  #takeAwayLeft(place: string): void {
    const names = entryAt(place)?.isDirectory() ? readdirSync(place) : [];
    const taken = names.find((name) => name.startsWith(TAKEN));
    // Note: when it was renamed, not when it was used.
    if (names.includes(ABOUT) || taken === undefined || Date.now() - statSync(join(place, taken)).ctimeMs < DAY) return;
    this.#takeAway(place, taken, 0);
  }
}

const inUse = new Set<string>();

/** Keeps a folder in use until this process ends: what it has loaded may read files of it at any time. */
export function stayInUse(place: string): void {
  if (inUse.size === 0) setInterval(useAll, BEAT).unref();
  inUse.add(place);
}

function useAll(): void {
  for (const place of inUse) use(place);
}

/** Of whatever parts something depends on. */
export function keyOf(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest('hex').slice(0, 32);
}

/** Whether a folder is there, to be used from now on. */
function use(place: string): boolean {
  const now = new Date();
  try {
    utimesSync(join(place, ABOUT), now, now);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // It is there, in a place that can't be written, or is another user's.
    return ['EACCES', 'EPERM', 'EROFS'].includes(error.code);
  }
}

function read<T>(place: string): About<T> | undefined {
  try {
    return JSON.parse(readFileSync(join(place, ABOUT), 'utf8')) as About<T>;
  } catch (error) {
    if (isSystemError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function timeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function isOlder(path: string, limit: number): boolean {
  const time = timeOf(path);
  return time !== undefined && Date.now() - time > limit;
}

/** @throws TransformError `REVIVE_BAD_OUTPUT` */
function makeRoot(root: string): void {
  try {
    mkdirSync(root, { recursive: true });
    accessSync(root, constants.W_OK);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new TransformError(
      'REVIVE_BAD_OUTPUT',
      `The cache folder ${root} can't be written: ${systemWords(cause, root)}. Give another one as \`cacheDir\` (of \`wasm-revive/register\`, ` +
        'WASM_REVIVE_CACHE), or have the copies made before, where it can be written.',
      { cause },
    );
  }
}
