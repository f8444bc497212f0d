/**
 * Transformed copies of packages that stay as they are, each with all files of its package: what loads a package, such as Node.js, is led to the
 * copy.
 */
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { type TransformOptions, type TransformResult, transform } from '../transform.js';
import type { Prewarm } from '../wasm/wasm-info.js';
import { listFiles } from '../write/files.js';
import { inPlainWords } from '../write/plain-errors.js';
import { ancestors, defaultCacheDir } from './cache-dir.js';
import { Entries, keyOf, stayInUse } from './entries.js';

/** Options of {@link transformToCache}: those of the transform that make sense for a copy. */
export interface CacheOptions extends Pick<TransformOptions, 'runtime' | 'version' | 'recovery' | 'commit' | 'memoryLimitMiB' | 'name'> {
  /** The folder that holds all copies. Default: {@link defaultCacheDir}. */
  readonly cacheDir?: string | undefined;
  /** Runs the start functions of the package, where a copy is made that begins in the state after them. Default: they run in each instance. */
  readonly prewarm?: Prewarm | undefined;
}

/** A transformed copy of a package. */
export interface CachedPackage {
  /** The package in the cache: the same files by the same names as in the original. */
  readonly folder: string;
  /** What the transform did, now or when the copy was made; `outDir` is `folder`. */
  readonly result: TransformResult;
}

/**
 * Transforms a package into a cache folder, or finds the copy that an earlier run has made. The package itself is not touched. Several processes may
 * do so at once. The copy stays as long as this process runs, and is taken away when nobody has asked for it in thirty days; the older ones of a
 * package that changes often, earlier.
 * @param dir the output folder of wasm-bindgen or wasm-pack
 * @throws TransformError, as {@link transform} does
 */
export function transformToCache(dir: string, options: CacheOptions): CachedPackage {
  return inPlainWords(resolve(dir), () => copyOf(resolve(dir), options));
}

function copyOf(dir: string, { cacheDir = defaultCacheDir(dir), prewarm, ...options }: CacheOptions): CachedPackage {
  const entries = new Entries<TransformResult>(cacheDir);
  const name = basename(dir);
  const making = ['copy', JSON.stringify([manifest.version, options, prewarm !== undefined, inherited(dir)])];
  const key = `${name}-${keyOf([...making, name, ...contentOf(dir)])}`;
  const { place, about } =
    entries.find(key) ??
    entries.make(key, keyOf([...making, relative(cacheDir, dir)]), (staged) => {
      const { prewarmed, warnings = [] } = prewarm?.(dir, options.name) ?? {};
      const made = transform({ ...options, prewarmed, dir, outDir: join(staged, name) });
      const result = { ...made, warnings: [...made.warnings, ...warnings] };
      writeFileSync(join(staged, 'package.json'), JSON.stringify(inherited(dir)));
      return result;
    });
  stayInUse(place);
  const folder = join(place, name);
  return { folder, result: { ...about, outDir: folder } };
}

/** All that the copy is made of. */
function contentOf(dir: string): (string | Uint8Array)[] {
  return listFiles(dir).flatMap(({ path, kind }) => {
    const named = `${kind} ${path}`;
    if (kind === 'folder') return [named];
    return [named, kind === 'file' ? readFileSync(join(dir, path)) : readlinkSync(join(dir, path))];
  });
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
