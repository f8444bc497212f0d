import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type CachedPackage,
  type Prewarm,
  type RuntimeFile,
  type RuntimeFiles,
  type RuntimeFormats,
  TransformError,
  type TransformResult,
  transformToCache as transformToCacheWith,
  transform as transformWith,
  wouldTransform as wouldTransformWith,
} from '@wasm-revive/bindgen';
import { prewarm as prewarmStarts } from './prewarm/prewarm.js';
import { withoutDom } from './without-dom.js';

/** Options of {@link transform}. */
export interface TransformOptions {
  /** The output folder of wasm-bindgen or wasm-pack. */
  readonly dir: string;
  /** Where to write. Default: in place. */
  readonly outDir?: string | undefined;
  /**
   * What follows an abort. `fresh`: a fresh instance (default). `rollback`: the turn that failed is undone, and the instance goes on as it was before;
   * the wasm file gets an undo log for that.
   */
  readonly recovery?: 'fresh' | 'rollback' | undefined;
  /**
   * With `rollback`, how the state is kept that a turn is undone to. `log`: by an undo log, which the wasm file gets (default). `copy`: the code of the wasm
   * file stays as it is, and the runtime copies the whole memory at the end of each turn.
   */
  readonly commit?: 'log' | 'copy' | undefined;
  /** The module to transform, or several, by their names: `app` in `app_bg.wasm`. Default: all modules of the folder. */
  readonly name?: string | readonly string[] | undefined;
  /**
   * With `rollback` and its log: to how many MiB the memory may grow, with the undo log in it; a whole number from 1 to 1,024, which is the default. For each of
   * them, the log takes 1 KiB from the beginning.
   */
  readonly memoryLimitMiB?: number | undefined;
  /** Where debug information goes, which the wasm file is then without. Default: it stays in the wasm file, if it has some. */
  readonly splitDebug?: string | undefined;
  /**
   * Whether the start function runs once, now, in a process of Node.js, so that each instance begins in the state after it. What it must not do for that is
   * refused (`REVIVE_NOT_PREWARMED`).
   */
  readonly prewarm?: boolean | undefined;
  /**
   * Where the output gets the runtime. `beside`: it is put into the folder, so that it needs no install (default); `import`: from the
   * `wasm-revive` package; anything else: from a module of yours that puts one together, by what the output is to import it as (`./recovery.js`,
   * `my-recovery`). It exports `revive` and `loadModule` as `wasm-revive/runtime` does, with rollback `undoSupport` or `copySupport`, and the type `Revive`.
   */
  readonly runtime?: 'beside' | 'import' | (string & {});
}

/**
 * Turns the output of wasm-bindgen into a package that recovers, as `wasm-revive transform` does.
 * @throws TransformError of `@wasm-revive/bindgen`; the folder is then as it was
 */
export function transform({ runtime = 'beside', prewarm = false, ...options }: TransformOptions): TransformResult {
  const all = { ...options, version: version(), runtime: runtimeOf(runtime) };
  if (!prewarm) return transformWith(all);
  const { prewarmed, warnings } = prewarmer(options.dir, options.name);
  const result = transformWith({ ...all, prewarmed });
  return { ...result, warnings: [...result.warnings, ...warnings] };
}

/**
 * What {@link transform} would say of a folder, which is to be changed in place. Changes nothing.
 * @throws TransformError of `@wasm-revive/bindgen`, as that does
 */
export function wouldTransform({
  runtime = 'beside',
  ...options
}: Omit<TransformOptions, 'outDir' | 'splitDebug'>): Pick<TransformResult, 'modules' | 'warnings'> {
  return wouldTransformWith({ ...options, version: version(), runtime: runtimeOf(runtime) });
}

/** Options of {@link transformToCache}. */
export interface CacheOptions extends Pick<TransformOptions, 'recovery' | 'commit' | 'memoryLimitMiB' | 'name' | 'runtime' | 'prewarm'> {
  /** The folder that holds all copies. Default: `node_modules/.cache/wasm-revive` of the project that the package belongs to. */
  readonly cacheDir?: string | undefined;
}

/**
 * Gives a transformed copy of a package, which itself is not touched. The copy is made once for each content of the package.
 * @param dir the output folder of wasm-bindgen or wasm-pack
 * @throws TransformError of `@wasm-revive/bindgen`
 */
export function transformToCache(dir: string, { runtime = 'beside', prewarm = false, ...options }: CacheOptions = {}): CachedPackage {
  return transformToCacheWith(dir, { ...options, version: version(), runtime: runtimeOf(runtime), ...(prewarm && { prewarm: prewarmer }) });
}

/** Runs the start functions of a package's modules, once. @throws TransformError as `transform({ prewarm: true })` does */
export const prewarmer: Prewarm = (dir, name) => prewarmStarts(dir, name, runtimeFiles(), version());

function runtimeOf(runtime: string): RuntimeFiles | { import: string } {
  return runtime === 'beside' ? runtimeFiles() : { import: runtime === 'import' ? 'wasm-revive/runtime' : runtime };
}

/** The version of this package. */
export function version(): string {
  const { version } = JSON.parse(readDist('../package.json')) as { version: string };
  return version;
}

function runtimeFiles(): RuntimeFiles {
  return { ...formatsOf('runtime'), fresh: formatsOf('runtime-fresh') };
}

/** Minified: few bundle what is beside a wasm file. */
function formatsOf(name: string): RuntimeFormats {
  const types = withoutDom(readDist(`${name}.d.ts`));
  const format = (ending: string): RuntimeFile => ({
    code: readDist(`${name}.min.${ending}`),
    map: readDist(`${name}.min.${ending}.map`),
    types,
  });
  return { esm: format('js'), cjs: format('cjs') };
}

// This module is bundled into dist/, where the runtime's files are.
function readDist(file: string): string {
  const own = new URL(file, import.meta.url);
  try {
    return readFileSync(own, 'utf8');
  } catch (cause) {
    throw new TransformError(
      'REVIVE_BROKEN_INSTALLATION',
      `${fileURLToPath(own)}, a file of wasm-revive itself, can't be read: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Install wasm-revive again; in a checkout of it, run `npm run build`.',
      { cause },
    );
  }
}
