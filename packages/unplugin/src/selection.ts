/** Which files are glue of wasm-bindgen's, and which of those are to be protected. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { type Options, sorted } from './options.js';

/** The main files of a module that is called `app`: `app.js`, `app_bg.js`, and the same with `.mjs` and `.cjs`. */
const MAIN = /^(.+?)(?:_bg)?\.[cm]?js$/;

/** Why a folder is protected: its name was given, or a file of it was found to be glue. Undefined where it isn't. */
export type Choice = 'named' | 'found' | undefined;

/** Whether a file may be glue: the wasm file of that name is beside it. What is in it, the transform finds out. */
export function mayBeGlue(file: string): boolean {
  const name = MAIN.exec(basename(file))?.[1];
  return name !== undefined && existsSync(join(dirname(file), `${name}_bg.wasm`));
}

/** Says of folders whether they are to be protected. */
export class Selection {
  readonly #named: Names;
  readonly #excluded: Names;
  readonly #prewarmed: Names;

  constructor({ packages = [], exclude = [], prewarm = [] }: Options, root: string) {
    this.#named = new Names([...packages, ...prewarm], root);
    this.#excluded = new Names(exclude, root);
    this.#prewarmed = new Names(prewarm, root);
  }

  /** What in the options names nothing that is there: most likely, it is misspelt. */
  get missing(): string[] {
    return this.#named.missing;
  }

  /** Whether start functions of a folder are run once, when it is bundled. */
  isPrewarmed(dir: string): boolean {
    return this.#prewarmed.has(dir);
  }

  /** @param dir the folder of a file that may be glue */
  of(dir: string): Choice {
    if (this.#excluded.has(dir)) return undefined;
    if (this.#named.has(dir)) return 'named';
    return packageOf(dir) === undefined ? 'found' : undefined;
  }
}

/** A list of packages and folders. */
class Names {
  readonly missing: string[];
  readonly #packages: readonly string[];
  /** Where what is named is, behind links: bundlers give the files there. */
  readonly #places: readonly string[];

  constructor(names: readonly string[], root: string) {
    const { paths, packages } = sorted(names, root);
    const installed = packages.map((name) => ({ name, path: inNodeModules(root, name) }));
    this.#packages = packages;
    this.#places = [...paths, ...installed.map(({ path }) => path)].filter((path) => path !== undefined && existsSync(path)).map(real);
    this.missing = [
      ...paths.filter((path) => !existsSync(path)),
      ...installed.filter(({ path }) => path === undefined).map(({ name }) => name),
    ];
  }

  has(dir: string): boolean {
    // A dependency's dependency isn't found from the root.
    if (this.#packages.includes(packageOf(dir) ?? '')) return true;
    return this.#places.some((place) => dir === place || (dir.startsWith(place + sep) && packageOf(dir) === packageOf(place)));
  }
}

function real(path: string | undefined): string {
  return realpathSync(path as string);
}

/** The name of the package in `node_modules` that a folder belongs to. */
function packageOf(dir: string): string | undefined {
  const parts = dir.split(sep);
  const at = parts.lastIndexOf('node_modules');
  const [scope, name] = at < 0 ? [] : parts.slice(at + 1);
  return scope?.startsWith('@') && name !== undefined ? `${scope}/${name}` : scope;
}

/** Where something is in the nearest `node_modules` that has it, going outwards from a folder. */
export function inNodeModules(from: string, name: string): string | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    const path = join(dir, 'node_modules', name);
    if (existsSync(path)) return path;
    if (dirname(dir) === dir) return undefined;
  }
}
