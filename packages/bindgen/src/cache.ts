/**
 * Transformed copies of packages that stay as they are: what loads a package, such as Node.js or a bundler, is led to the copy. A copy is known by
 * the content of the package and by how it was transformed, so that one that is there is never stale and never changes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { TransformError } from './errors.js';
import { type TransformOptions, type TransformResult, transform } from './transform.js';
import { listFiles, readFile } from './write/files.js';
import { inPlainWords, isSystemError, systemWords } from './write/plain-errors.js';

/** Options of {@link transformToCache}: those of the transform that make sense for a copy. */
export interface CacheOptions extends Pick<TransformOptions, 'runtime' | 'version' | 'recovery' | 'commit' | 'memoryLimitMiB' | 'name'> {
  /** The folder that holds all copies. Default: {@link defaultCacheDir}. */
  readonly cacheDir?: string | undefined;
}

/** A transformed copy of a package. */
export interface CachedPackage {
  /** The package in the cache: the same files by the same names as in the original. */
  readonly folder: string;
  /** What the transform did, now or when the copy was made; `outDir` is `folder`. */
  readonly result: TransformResult;
}

/** Beside the package, in the copy's own folder: what the transform did. It is written before the copy is in its place. */
const RESULT = 'result.json';

/**
 * The cache of the project that a package belongs to: `node_modules/.cache/wasm-revive`, as other tools have it. For a dependency, it is in the
 * outermost `node_modules` around it; else beside the nearest `package.json` around it. One of its own, as wasm-pack writes it, is no project's.
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

/**
 * Transforms a package into a cache folder, or finds the copy that an earlier run has made. The package itself is not touched. Several processes may
 * do so at once: a copy appears whole or not at all.
 * @param dir the output folder of wasm-bindgen or wasm-pack
 * @throws TransformError, as {@link transform} does
 */
export function transformToCache(dir: string, options: CacheOptions): CachedPackage {
  return inPlainWords(resolve(dir), () => copyOf(resolve(dir), options));
}

function copyOf(dir: string, { cacheDir = defaultCacheDir(dir), ...options }: CacheOptions): CachedPackage {
  const copy = join(cacheDir, keyOf(dir, options));
  const there = readCopy(copy, dir);
  if (there !== undefined) return there;
  const own = `${copy}.${randomUUID()}`;
  makeFolder(cacheDir);
  try {
    const result = transform({ ...options, dir, outDir: join(own, basename(dir)) });
    writeFileSync(join(own, RESULT), JSON.stringify(result));
    writeFileSync(join(own, 'package.json'), JSON.stringify(inherited(dir)));
    renameSync(own, copy);
  } catch (error) {
    // Another process may have made the same copy meanwhile.
    if (readCopy(copy, dir) === undefined) throw error;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  return readCopy(copy, dir) as CachedPackage;
}

/** @throws TransformError `REVIVE_BAD_OUTPUT` */
function makeFolder(cacheDir: string): void {
  try {
    mkdirSync(cacheDir, { recursive: true });
    accessSync(cacheDir, constants.W_OK);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new TransformError(
      'REVIVE_BAD_OUTPUT',
      `The cache folder ${cacheDir} can't be written: ${systemWords(cause, cacheDir)}. Give another one as \`cacheDir\` (of \`wasm-revive/register\`, ` +
        'WASM_REVIVE_CACHE), or have the copies made before, where it can be written.',
      { cause },
    );
  }
}

function readCopy(copy: string, dir: string): CachedPackage | undefined {
  const folder = join(copy, basename(dir));
  const text = readFile(join(copy, RESULT))?.toString('utf8');
  return text === undefined ? undefined : { folder, result: { ...(JSON.parse(text) as TransformResult), outDir: folder } };
}

/** Of all that the copy is made of. */
function keyOf(dir: string, options: Omit<CacheOptions, 'cacheDir'>): string {
  const hash = createHash('sha256');
  const add = (part: string | Uint8Array): void => {
    hash.update(`${part.length} `).update(part);
  };
  add(JSON.stringify([manifest.version, options, inherited(dir), basename(dir)]));
  for (const { path, kind } of listFiles(dir)) {
    add(`${kind} ${path}`);
    if (kind === 'file') add(readFileSync(join(dir, path)));
    else if (kind === 'link') add(readlinkSync(join(dir, path)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** What files of the package that has no `package.json` of its own have from the nearest one around it. */
function inherited(dir: string): { type?: unknown; sideEffects?: unknown } {
  const file = ancestors(dir)
    .map((at) => join(at, 'package.json'))
    .find((path) => existsSync(path));
  if (file === undefined) return {};
  try {
    const { type, sideEffects } = JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown; sideEffects?: unknown };
    // Globs are of the folder in which that file is.
    return { type, ...(typeof sideEffects === 'boolean' && { sideEffects }) };
  } catch {
    // The transform refuses the package's own; what is around it concerns it no further.
    return {};
  }
}

/** A folder and all around it, from the inside outwards. */
function ancestors(dir: string): string[] {
  return dir === dirname(dir) ? [dir] : [dir, ...ancestors(dirname(dir))];
}
