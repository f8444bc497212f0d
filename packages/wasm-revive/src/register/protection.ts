/** Which files are loaded from a transformed copy in place of the package's own. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { type CachedPackage, TransformError } from '@wasm-revive/bindgen';
import { transformToCache } from '../transform.js';
import type { Settings } from './settings.js';

/** Glue has the name of its wasm file: `app.js`, `app_bg.js` in the bundler target. */
const GLUE = /^(.+?)(_bg)?\.([cm]?js|wasm)$/;

/** What Node.js loads of a package; declarations and the like stay where they are. */
const LOADED = /(?<!\.d)\.([cm]?js|wasm)$/;

/** Targets whose wasm file the program loads, and gives to the glue. */
const LOADED_BY_PROGRAM: ReadonlySet<string> = new Set(['web', 'no-modules']);

/** What one thread has found out about the packages that it has loaded. */
export class Protection {
  readonly #settings: Settings;
  readonly #folders = new Set<string>();
  readonly #copies = new Map<string, string>();
  readonly #originals = new Map<string, string>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * The file to load in place of one of a package's: what the transform has changed. All else of the package is loaded from where it is.
   * @throws TransformError where a package that the settings name can't be protected
   */
  copyOf(file: string): string | undefined {
    if (!this.#originals.has(file) && isGlue(file)) this.#protect(dirname(file));
    return this.#copies.get(file);
  }

  /** The package's own file that a copy stands for; what the copy imports is found from there. */
  originalOf(copy: string): string | undefined {
    return this.#originals.get(copy);
  }

  #protect(folder: string): void {
    if (this.#folders.has(folder)) return;
    this.#folders.add(folder);
    const { protect, prewarm, recovery, commit, cacheDir, seen } = this.#settings;
    const places = namesIn(this.#settings).flatMap(({ name }, place) => (isPartOf(folder, name) ? [place] : []));
    const isNamed = places.length > 0;
    if (protect !== undefined && !isNamed) return;
    for (const place of places) Atomics.store(seen, place, 1);
    const isPrewarmed = prewarm.some((one) => isPartOf(folder, one));
    let copy: CachedPackage;
    try {
      copy = transformToCache(folder, { recovery, commit, cacheDir, prewarm: isPrewarmed });
    } catch (error) {
      if (!(error instanceof TransformError)) throw error;
      // It recovers by itself.
      if (error.code === 'REVIVE_ALREADY_TRANSFORMED' && !isPrewarmed) return;
      if (isNamed) throw error;
      warn(`${folder} is not protected. ${error.code}: ${error.message}`);
      return;
    }
    const { modules, files, warnings } = copy.result;
    if (!isNamed && modules.some(({ target }) => LOADED_BY_PROGRAM.has(target))) {
      warn(
        `${folder} is not protected: it is for the target ${modules[0]?.target}, and which wasm file it gets is up to the program. Name it in "protect", and load ` +
          'the wasm file from where `import.meta.resolve` says that it is; or build it for the target nodejs.',
      );
      return;
    }
    for (const warning of warnings) warn(warning);
    for (const file of files.filter((one) => LOADED.test(one))) {
      this.#copies.set(join(folder, file), join(copy.folder, file));
      this.#originals.set(join(copy.folder, file), join(folder, file));
    }
  }
}

/** The settings that name something of which nothing was protected, with those names. */
export function unseen(settings: Settings): Map<string, string[]> {
  const found = new Map<string, string[]>();
  namesIn(settings).forEach(({ setting, name }, place) => {
    if (Atomics.load(settings.seen, place) === 0) found.set(setting, [...(found.get(setting) ?? []), name]);
  });
  return found;
}

/** The names in the settings, in the order of `seen`. */
function namesIn({ protect = [], prewarm }: Settings): { readonly setting: string; readonly name: string }[] {
  return [...protect.map((name) => ({ setting: 'protect', name })), ...prewarm.map((name) => ({ setting: 'prewarm', name }))];
}

function isGlue(file: string): boolean {
  const [, name] = GLUE.exec(basename(file)) ?? [];
  return name !== undefined && existsSync(join(dirname(file), `${name}_bg.wasm`));
}

/** @param one the path of a folder, or the name of a package */
function isPartOf(folder: string, one: string): boolean {
  return folder === one || folder.startsWith(one + sep) || nameOf(folder) === one;
}

/** The name of the package that a folder belongs to: that in the nearest `package.json` that has one. */
function nameOf(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
      if (typeof name === 'string') return name;
    } catch {
      // Whoever needs what is in it says what is wrong with it.
    }
  }
  return folder === dirname(folder) ? undefined : nameOf(dirname(folder));
}

function warn(message: string): void {
  process.emitWarning(message, 'WasmReviveWarning');
}
