/** Where transformed packages are kept between builds, each under a name made of all that its content depends on. */
import { createHash } from 'node:crypto';
import {
  existsSync,
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
import { basename, dirname, join } from 'node:path';
import { type TransformedFiles, type TransformedModule, type TransformOptions, transformedFiles } from '@wasm-revive/bindgen';

/** What the transform reads of a folder. */
const READ = /^package\.json$|\.(?:wasm|[cm]?js|d\.[cm]?ts)$/;

/** In a kept folder: what is said of it. */
const ABOUT = 'about.json';

/** How many contents of one folder are kept: the newest one, and those that a build or a page still has in use. */
const KEPT = 3;

/** The options that decide what a transformed package looks like. */
export type Making = Pick<TransformOptions, 'recovery' | 'commit' | 'memoryLimitMiB' | 'runtime' | 'version'>;

/** A transformed package in the store. */
export interface Kept {
  /** The folder of the original. */
  readonly dir: string;
  /** The folder that has the changed files. */
  readonly place: string;
  readonly files: readonly string[];
  readonly modules: readonly TransformedModule[];
  readonly warnings: readonly string[];
}

/** A folder of the file system with transformed packages in it. */
export class Store {
  readonly #root: string;
  readonly #making: Making;
  /** What is known of the folders of this build, as long as their files are the same. */
  readonly #known = new Map<string, { readonly stamp: string; readonly kept: Kept }>();

  constructor(root: string, making: Making) {
    this.#root = root;
    this.#making = making;
  }

  /**
   * The transformed content of a folder, which is made where it isn't kept already. A folder that is being written meanwhile is read until it stays
   * the same.
   * @throws TransformError
   */
  get(dir: string): Kept {
    for (let stamp = stampOf(dir); ; ) {
      const known = this.#known.get(dir);
      if (known?.stamp === stamp && existsSync(known.kept.place)) return known.kept;
      const kept = this.#find(dir) ?? this.#make(dir);
      const after = stampOf(dir);
      if (after === stamp) {
        this.#known.set(dir, { stamp, kept });
        return kept;
      }
      stamp = after;
    }
  }

  /** The original folder of what is kept in a folder of this store; undefined for any other. */
  originalOf(place: string): string | undefined {
    return dirname(dirname(place)) === this.#root ? read(place)?.dir : undefined;
  }

  #find(dir: string): Kept | undefined {
    const place = this.#placeOf(dir, contentOf(dir));
    const kept = read(place);
    if (kept === undefined) return undefined;
    const now = new Date();
    utimesSync(place, now, now);
    return kept;
  }

  #make(dir: string): Kept {
    const content = contentOf(dir);
    const { files, modules, warnings }: TransformedFiles = transformedFiles({ ...this.#making, dir });
    const place = this.#placeOf(dir, content);
    const about = { dir, files: [...files.keys()], modules, warnings };
    mkdirSync(dirname(place), { recursive: true });
    const staged = mkdtempSync(join(dirname(place), '.making-'));
    try {
      for (const [file, text] of files) writeFileSync(join(staged, file), text);
      writeFileSync(join(staged, ABOUT), JSON.stringify(about));
      // Whole or not at all, and the content says the name: where another build was faster, it has made the same.
      if (!existsSync(place)) renameSync(staged, place);
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
    forgetOlder(dirname(place));
    return { ...about, place };
  }

  /** Of the same options and the same folder, contents follow each other; those of other options stay. */
  #placeOf(dir: string, content: string): string {
    const making = hash([JSON.stringify(this.#making), dir]);
    return join(this.#root, `${basename(dir)}-${making.slice(0, 8)}`, content.slice(0, 16));
  }
}

/** The files of a folder that decide what its transformed content is. */
export function filesRead(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => READ.test(name) && statSync(join(dir, name), { throwIfNoEntry: false })?.isFile() === true)
    .sort();
}

function contentOf(dir: string): string {
  return hash(filesRead(dir).flatMap((name) => [name, readFileSync(join(dir, name))]));
}

/** Changes whenever a file is written. */
function stampOf(dir: string): string {
  const stamps = filesRead(dir).map((name) => {
    const { ino, size, mtimeNs, ctimeNs } = statSync(join(dir, name), { bigint: true });
    return [name, ino, size, mtimeNs, ctimeNs].join(':');
  });
  return stamps.join('\n');
}

function hash(parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(`${part.length}:`).update(part);
  return sum.digest('hex');
}

function read(place: string): Kept | undefined {
  const file = join(place, ABOUT);
  return existsSync(file) ? { ...(JSON.parse(readFileSync(file, 'utf8')) as Omit<Kept, 'place'>), place } : undefined;
}

function forgetOlder(folder: string): void {
  const contents = readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const place of contents.slice(KEPT)) rmSync(place, { recursive: true, force: true });
}
