/** What of a build is protected: for a file of it, what takes its place. The same for every bundler. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type ChangedFiles, ChangedFilesCache, cacheDirAt, filesRead, type Prewarm, TransformError } from '@wasm-revive/bindgen';
import { isPath, type Options } from './options.js';
import { inNodeModules, mayBeGlue, Selection } from './selection.js';
import { TypesFile } from './types-file.js';
import { version } from './version.js';

/** By what protected packages import the runtime, in the text that bundlers get. */
export const RUNTIME = 'wasm-revive/runtime';

/** The files of a module that is called `app`. */
const MODULE = /^(.+?)(?:_bg)?\.(?:[cm]?js|wasm)$/;

/** A wasm file, as an import or a URL names it. */
export const WASM = /_bg\.wasm$/;

/** Glue in its protected form. */
export interface Protected {
  readonly code: string;
  readonly map: string;
  /** Whether the façade is in this file, and with it `__revive`; not so in the bundler target's entry. */
  readonly hasFacade: boolean;
  /** Whether it is the main file, which programs import. */
  readonly isMain: boolean;
}

/** What is said of a file: to the person who builds, by the bundler's own means. */
export interface Said {
  readonly warnings: readonly string[];
  readonly error?: string;
}

/** What becomes of a file that may be glue. */
export interface Outcome extends Said {
  /** Undefined where the file stays as it is. */
  readonly glue?: Protected;
  /** The files that decide it: it has to be asked again when one of them changes. */
  readonly watched: readonly string[];
}

/** Protects the packages of one build. */
export class Protection {
  readonly #selection: Selection;
  readonly #cache: ChangedFilesCache;
  readonly #warned = new Set<string>();
  readonly #prewarmer: Prewarm | undefined;
  /** The file of the runtime; undefined where the bundler is to find it as it finds any package. */
  readonly runtime: string | undefined;
  /** Where what is protected is declared to export the control handle. */
  readonly types: TypesFile | undefined;

  /** @param folder that of the project */
  constructor(options: Options, folder: string) {
    const root = realpathSync(folder);
    const { recovery, commit, memoryLimitMiB, cacheDir, runtime = RUNTIME, types, prewarmer } = options;
    this.#prewarmer = prewarmer;
    const file = isPath(runtime) ? resolve(root, runtime) : undefined;
    this.runtime = file;
    this.types = types === undefined ? undefined : new TypesFile(resolve(root, types), file ?? runtime);
    this.#selection = new Selection(options, root);
    this.#cache = new ChangedFilesCache(cacheDir === undefined ? cacheDirAt(root) : resolve(root, cacheDir), {
      recovery,
      commit,
      memoryLimitMiB,
      runtime: { import: file === undefined ? runtime : RUNTIME },
      version: version(),
    });
  }

  /** What is wrong with the options, now that the project is known. */
  get problem(): string | undefined {
    const { missing } = this.#selection;
    if (missing.length === 0) return this.types?.problem;
    return `wasm-revive: ${missing.join(', ')} of the options packages and prewarm ${missing.length === 1 ? "isn't" : "aren't"} there. Nothing of that name is protected. Name packages of node_modules, and folders relative to the project's root.`;
  }

  /** What becomes of a file; undefined where it is no glue, or isn't to be protected. */
  outcomeOf(file: string): Outcome | undefined {
    if (!mayBeGlue(file)) return undefined;
    const dir = dirname(file);
    const choice = this.#selection.of(dir);
    if (choice === undefined) return undefined;
    const watched = filesRead(dir).map((name) => join(dir, name));
    try {
      const changed = this.#changedIn(dir);
      if (readsByPath(changed, basename(file))) throw readsItsFile(file);
      const warnings = this.#once(changed.warnings.map((text) => `wasm-revive: ${dir}: ${text}`));
      return { warnings, watched, ...(changed.files.includes(basename(file)) && { glue: read(changed, file) }) };
    } catch (error) {
      const message = wordsOf(error);
      // The project may transform it by itself.
      if (isRefusal(error) && error.code === 'REVIVE_ALREADY_TRANSFORMED' && choice === 'found') return { warnings: [], watched };
      if (choice === 'named' || !isRefusal(error)) return { warnings: [], watched, error: `wasm-revive: ${message}` };
      const left = `wasm-revive: ${message} It is bundled as it is, and doesn't recover. To build without this warning, name it in the option exclude.`;
      return { warnings: this.#once([left]), watched };
    }
  }

  /** Whether a file is glue that is protected. */
  isProtected(file: string): boolean {
    return mayBeGlue(file) && this.#changed(file)?.files.includes(basename(file)) === true;
  }

  /** The wasm file that goes with protected glue, in place of the one that is given; undefined where it isn't that of protected glue. */
  wasmAt(file: string): string | undefined {
    const path = realpathSync(file);
    const changed = this.#changed(path);
    if (changed === undefined) return undefined;
    return changed.files.includes(basename(path)) ? join(changed.place, basename(path)) : path;
  }

  /** Whether a wasm file is the one that goes with protected glue: in the cache, or the package's own where the transform doesn't change it. */
  isWasmOfGlue(file: string): boolean {
    return WASM.test(file) && (this.#cache.originalOf(dirname(file)) !== undefined || (existsSync(file) && this.wasmAt(file) === file));
  }

  /** The same for what an import or a URL in a file names: a path relative to that file, or one in a package. */
  wasmNamedBy(specifier: string, importer: string): string | undefined {
    if (!WASM.test(specifier)) return undefined;
    const file = resolve(dirname(importer), specifier);
    if (existsSync(file)) return this.wasmAt(file);
    const found = specifier.startsWith('.') ? undefined : inNodeModules(dirname(importer), specifier);
    return found === undefined ? undefined : this.wasmAt(found);
  }

  /** What a wasm file in the cache imports by a relative path: it is beside the original. */
  originalOf(specifier: string, importer: string): string | undefined {
    if (!specifier.startsWith('.')) return undefined;
    const dir = this.#cache.originalOf(dirname(importer));
    return dir && join(dir, specifier);
  }

  /** The package of a file, where it is protected. Why it isn't is reported of its glue. */
  #changed(file: string): ChangedFiles | undefined {
    const dir = dirname(file);
    if (this.#selection.of(dir) === undefined) return undefined;
    try {
      const changed = this.#changedIn(dir);
      const name = MODULE.exec(basename(file))?.[1];
      const isBundled = changed.modules.some((module) => module.name === name && !readsByPath(changed, module.file));
      return isBundled ? changed : undefined;
    } catch {
      return undefined;
    }
  }

  #changedIn(dir: string): ChangedFiles {
    return this.#cache.get(dir, this.#selection.isPrewarmed(dir) ? this.#prewarmer : undefined);
  }

  #once(warnings: readonly string[]): string[] {
    const fresh = warnings.filter((text) => !this.#warned.has(text));
    for (const text of fresh) this.#warned.add(text);
    return fresh;
  }
}

function read({ place, modules }: ChangedFiles, file: string): Protected {
  const name = basename(file);
  // What names its map is for the file on disk; the bundler writes a map of its own.
  const code = readFileSync(join(place, name), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n$/, '\n');
  const map = { ...(JSON.parse(readFileSync(join(place, `${name}.map`), 'utf8')) as object), sources: [file] };
  const isEntry = modules.some((module) => module.target === 'bundler' && module.file === name && !/_bg\.[cm]?js$/.test(name));
  return { code, map: JSON.stringify(map), hasFacade: !isEntry, isMain: modules.some((module) => module.file === name) };
}

/** Whether a main file reads its wasm file by a path of the folder that it runs in, which no bundler follows. The others that read theirs do so by a URL. */
function readsByPath({ modules }: ChangedFiles, file: string): boolean {
  return modules.find((module) => module.file === file)?.target === 'nodejs';
}

function readsItsFile(file: string): TransformError {
  return new TransformError(
    'REVIVE_UNSUPPORTED_TARGET',
    `${file} was made for the target \`nodejs\`: when it runs, it reads its wasm file from the folder that it is in, by a path that no bundler follows. ` +
      'In a bundle it would read what has been copied there, which is not the file that goes with protected glue. Leave the package out of the bundle, as external, and ' +
      'start the program by `node --import wasm-revive/register`; or transform the folder in place by `npx wasm-revive transform`, and have its wasm file copied as ever. ' +
      'Supported by the bundler plugin are the targets web, bundler, module, deno and experimental-nodejs-module.',
  );
}

function isRefusal(error: unknown): error is TransformError {
  return error instanceof TransformError && error.code !== 'REVIVE_FAULT';
}

function wordsOf(error: unknown): string {
  if (error instanceof TransformError) return error.message;
  return `${error instanceof Error ? error.message : String(error)}. If the folder for transformed packages can't be written, give another by the option cacheDir.`;
}
