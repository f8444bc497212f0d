/** Where the cache of a project is: `node_modules/.cache/wasm-revive`, as other tools have it. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/**
 * The cache of the project that a package belongs to. For a dependency, it is in the outermost `node_modules` around it; else beside the nearest
 * `package.json` around it. One of its own, as wasm-pack writes it, is no project's.
 */
export function defaultCacheDir(dir: string): string {
  const full = resolve(dir);
  const dependency = full.indexOf(`${sep}node_modules${sep}`);
  return dependency === -1 ? cacheDirAt(dirname(full)) : cacheIn(full.slice(0, dependency));
}

/** The cache of the project that a folder is in: beside the nearest `package.json`, or in the folder itself where there is none. */
export function cacheDirAt(folder: string): string {
  return cacheIn(ancestors(folder).find((at) => existsSync(join(at, 'package.json'))) ?? folder);
}

function cacheIn(root: string): string {
  return join(root, 'node_modules', '.cache', 'wasm-revive');
}

/** A folder and all around it, from the inside outwards. */
export function ancestors(dir: string): string[] {
  return dir === dirname(dir) ? [dir] : [dir, ...ancestors(dirname(dir))];
}
