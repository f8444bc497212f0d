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
  return folder === one || folder.startsWith(one + sep) || namesOf(folder).includes(one);
}

/**
 * The names of the package that a folder belongs to: as it calls itself, and as it is installed. There are several, because wasm-pack gives its output
 * a name of its own, the crate's, wherever in a package that lies.
 */
function namesOf(folder: string): string[] {
  const [parent, name] = [dirname(folder), nameIn(join(folder, 'package.json'))];
  if (parent === folder || basename(folder) === 'node_modules') return [];
  return [...(name === undefined ? [] : [name]), ...installedAs(folder), ...namesOf(parent)];
}

/** `node_modules/some`, `node_modules/@scope/some`. */
function installedAs(folder: string): string[] {
  const [name, around, beyond] = folder.split(sep).reverse();
  if (name === undefined || around === undefined) return [];
  if (around === 'node_modules') return [name];
  return beyond === 'node_modules' && around.startsWith('@') ? [`${around}/${name}`] : [];
}

function nameIn(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    // Whoever needs what is in it says what is wrong with it.
    return undefined;
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'WasmReviveWarning');
}
