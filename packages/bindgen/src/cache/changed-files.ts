/**
 * What the transform changes of packages that stay as they are: only those files, for what takes all others from where they are, such as a
 * bundler's plugin.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { type TransformedModule, type TransformOptions, transformedFiles } from '../transform.js';
import type { Prewarm } from '../wasm/wasm-info.js';
import { Entries, keyOf } from './entries.js';

/** What the transform reads of a folder. */
const READ = /^package\.json$|\.(?:wasm|[cm]?js|d\.[cm]?ts)$/;

/** The options that decide what the changed files are. */
export type Making = Pick<TransformOptions, 'recovery' | 'commit' | 'memoryLimitMiB' | 'runtime' | 'version'>;

/** The changed files of a package, in a cache. */
export interface ChangedFiles {
  /** The folder of the original. */
  readonly dir: string;
  /** The folder that has the changed files. */
  readonly place: string;
  readonly files: readonly string[];
  readonly modules: readonly TransformedModule[];
  readonly warnings: readonly string[];
}

/** The changed files of packages, made in one way. */
export class ChangedFilesCache {
  readonly #entries: Entries<Omit<ChangedFiles, 'place'>>;
  readonly #making: Making;
  /** What is known of folders, as long as their files are the same. */
  readonly #known = new Map<string, { readonly stamp: string; readonly changed: ChangedFiles }>();

  /** @param cacheDir the folder that holds all of them, and copies of whole packages, too */
  constructor(cacheDir: string, making: Making) {
    this.#entries = new Entries(cacheDir);
    this.#making = making;
  }

  /**
   * The changed files of a folder, which are made where the cache hasn't got them. A folder that is being written meanwhile is read until it stays
   * the same.
   * @param prewarm runs its start functions, where they are to begin in the state after them: for a folder always, or never
   * @throws TransformError
   */
  get(dir: string, prewarm?: Prewarm): ChangedFiles {
    for (let stamp = stampOf(dir); ; ) {
      const known = this.#known.get(dir);
      if (known?.stamp === stamp && existsSync(known.changed.place)) return known.changed;
      const changed = this.#made(dir, prewarm);
      const after = stampOf(dir);
      if (after === stamp) {
        this.#known.set(dir, { stamp, changed });
        return changed;
      }
      stamp = after;
    }
  }

  /** The original folder of one in the cache; undefined for any other. */
  originalOf(place: string): string | undefined {
    return this.#entries.at(place)?.dir;
  }

  #made(dir: string, prewarm: Prewarm | undefined): ChangedFiles {
    const of = ['changed files', JSON.stringify([manifest.version, this.#making, prewarm !== undefined]), dir];
    const read = filesRead(dir).flatMap((name) => [name, readFileSync(join(dir, name))]);
    // Note: bundlers are given it in URLs, in which what means something there can't be written so that each of them finds the file.
    const key = `${basename(dir).replaceAll(/[%#?\\]/g, '_')}-${keyOf([...of, ...read])}`;
    const { place, about } =
      this.#entries.find(key) ??
      this.#entries.make(key, keyOf(of), (staged) => {
        const { prewarmed, warnings: more = [] } = prewarm?.(dir, undefined) ?? {};
        const { files, modules, warnings } = transformedFiles({ ...this.#making, prewarmed, dir });
        for (const [file, content] of files) writeFileSync(join(staged, file), content);
        return { dir, files: [...files.keys()], modules, warnings: [...warnings, ...more] };
      });
    return { ...about, place };
  }
}

/** The files of a folder that decide what the transform makes of it. */
export function filesRead(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => READ.test(name) && statSync(join(dir, name), { throwIfNoEntry: false })?.isFile() === true)
    .sort();
}

/** Changes whenever a file is written. */
function stampOf(dir: string): string {
  const stamps = filesRead(dir).map((name) => {
    const { ino, size, mtimeNs, ctimeNs } = statSync(join(dir, name), { bigint: true });
    return [name, ino, size, mtimeNs, ctimeNs].join(':');
  });
  return stamps.join('\n');
}
