/** From a crate to a package that recovers: cargo, wasm-bindgen, perhaps wasm-opt, the transform; for Workers, esbuild. */
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { assertDebugFile, assertOutputFolder, openRunFolder, removeLeftFolders, type TransformResult } from '@wasm-revive/bindgen';
import { summary } from '../summary.js';
import { type Crate, readCrate } from '../toolchain/crate.js';
import { run, type Surroundings } from '../toolchain/processes.js';
import { findRust, missingOf, type Rust } from '../toolchain/rust.js';
import { findWasmBindgen, findWasmOpt, type Tool } from '../toolchain/wasm-tools.js';
import { transform } from '../transform.js';
import { type CargoOptions, compile } from './cargo.js';
import { BuildError } from './errors.js';
import { writeManifest } from './manifest.js';
import { type FileSize, sizesOf } from './sizes.js';
import { bundleWorker, findWorkersBuild } from './worker.js';

/** What a package can be for. `workers` is a Worker of Cloudflare's; the others are wasm-bindgen's. */
export const BUILD_TARGETS = ['web', 'bundler', 'nodejs', 'experimental-nodejs-module', 'deno', 'module', 'no-modules', 'workers'] as const;

/** One of {@link BUILD_TARGETS}. */
export type BuildTarget = (typeof BUILD_TARGETS)[number];

/** Options of {@link build}. */
export interface BuildOptions extends CargoOptions {
  /** The folder of the crate. */
  readonly dir: string;
  readonly target: BuildTarget;
  /** Where the package goes. */
  readonly outDir: string;
  /** The name of the module; by default, the crate's. */
  readonly name: string | undefined;
  readonly recovery: 'fresh' | 'rollback';
  readonly commit: 'log' | 'copy';
  readonly memoryLimitMiB: number;
  readonly prewarm: boolean;
  readonly runtime: string;
  readonly splitDebug: string | undefined;
  /** Whether wasm-opt is to make the module smaller and faster. */
  readonly optimize: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the build. */
  readonly interruption: AbortSignal;
}

/** Does one step of a build. @param run does it, and says by `tell` what it is at @param done what it has done, in a line */
export type Step = <R>(title: string, run: (tell: (line: string) => void) => R | Promise<R>, done: (result: R) => string) => Promise<R>;

/** What a build has made. */
export interface Built {
  readonly outDir: string;
  readonly transformed: TransformResult | undefined;
  /** What the compiler warns of. */
  readonly warnings: string;
  /** What of a Worker isn't as without recovery, in sentences. */
  readonly notes: readonly string[];
  /** The files that a program loads, as wasm-bindgen made them and as they are now. */
  readonly sizes: readonly FileSize[];
}

/** @throws BuildError, TransformError of `@wasm-revive/bindgen`, Interrupted; what was there before is then as it was */
export async function build(options: BuildOptions, step: Step): Promise<Built> {
  const { target, panic, outDir, splitDebug, recovery, commit, memoryLimitMiB, prewarm, runtime } = options;
  const at: Surroundings = { cwd: resolve(options.dir), env: environment(options), interruption: options.interruption };
  const isWorker = target === 'workers';
  const workersBuild = isWorker ? findWorkersBuild(at.cwd) : undefined;
  const rust = usable(findRust({ ...at, cwd: existing(at.cwd) }, panic), options);
  const crate = await readCrate(rust.cargo, at, options.cargoArgs);
  const bindgen = findWasmBindgen(crate.wasmBindgen, at);
  const wasmOpt = options.optimize ? neededWasmOpt(at) : undefined;
  assertOutput(options, crate);
  const ownName = `.${basename(outDir)}.wasm-revive-build`;
  removeLeftFolders(dirname(outDir), ownName);
  const { wasm, warnings } = await step(
    `cargo: building ${crate.name}`,
    (tell) => compile(rust.cargo, crate, at, options, tell),
    () => `cargo: ${crate.name} ${crate.version}, ${options.profile}, panic=${panic}, ${rust.version}`,
  );
  // One for each run: two may build the same crate at once.
  const made = mkdirSync(dirname(outDir), { recursive: true });
  const staging = openRunFolder(dirname(outDir), ownName);
  try {
    const name = isWorker ? 'index' : options.name;
    await step(
      'wasm-bindgen',
      () =>
        run(
          [
            bindgen.file,
            ...['--target', isWorker ? 'module' : target, '--out-dir', staging],
            ...(name === undefined ? [] : ['--out-name', name]),
            ...(isWorker ? ['--no-typescript'] : []),
            ...(splitDebug === undefined ? [] : ['--keep-debug']),
            wasm,
          ],
          at,
        ),
      () => `wasm-bindgen ${bindgen.version}: target ${isWorker ? 'module, for Workers' : target}`,
    );
    if (wasmOpt !== undefined) await optimize(wasmOpt, staging, at, step);
    if (workersBuild !== undefined) {
      const bundled = await step(
        'Transforming and bundling the Worker',
        () =>
          bundleWorker(
            workersBuild,
            { dir: staging, outDir, project: at.cwd, recovery, commit, prewarm, minify: options.profile !== 'dev' },
            at.env,
          ),
        ({ exports: { functions, classes } }) =>
          `Worker written to ${outDir}: functions ${functions.join(', ') || 'none'}; classes ${classes.join(', ') || 'none'}`,
      );
      return {
        outDir,
        transformed: undefined,
        warnings,
        notes: bundled.warnings,
        sizes: sizesOf(bundled.before, outDir, ['index.js', 'index_bg.wasm']),
      };
    }
    writeManifest(staging, crate, target);
    const before = new Map(readdirSync(staging).map((file) => [file, join(staging, file)]));
    const transformed = await step(
      'Transforming',
      () =>
        transform({
          dir: staging,
          outDir,
          recovery,
          commit,
          memoryLimitMiB,
          prewarm,
          runtime,
          ...(splitDebug !== undefined && { splitDebug }),
        }),
      summary,
    );
    const loaded = transformed.files.filter((file) => /(?<!\.d)\.([cm]?js|wasm)$/.test(file));
    return { outDir, transformed, warnings, notes: [], sizes: sizesOf(before, outDir, loaded) };
  } finally {
    rmSync(staging, { recursive: true, force: true });
    if (made !== undefined) removeEmpty(dirname(outDir), made);
  }
}

/** What can be said of the places that are written to before anything is built. @throws TransformError `REVIVE_BAD_OUTPUT` */
function assertOutput({ target, outDir, name, splitDebug }: BuildOptions, crate: Crate): void {
  assertOutputFolder(outDir, target === 'workers' ? undefined : (name ?? crate.library));
  if (splitDebug !== undefined) assertDebugFile(splitDebug, [outDir]);
}

/** Takes away folders that were made for what didn't come, from the innermost outwards. */
function removeEmpty(innermost: string, outermost: string): void {
  for (let folder = innermost; folder.startsWith(outermost) && readdirSync(folder).length === 0; folder = dirname(folder))
    rmdirSync(folder);
}

/** The environment of the tools. */
function environment({ env, target }: BuildOptions): NodeJS.ProcessEnv {
  // As worker-build does: without it, the `worker` crate brings executors of two crates into the module.
  return target === 'workers' ? { WASM_BINDGEN_USE_JS_SYS: '1', ...env } : env;
}

function existing(dir: string): string {
  return statSync(dir, { throwIfNoEntry: false })?.isDirectory() ? dir : process.cwd();
}

/** @throws BuildError `REVIVE_NO_TOOL` */
function usable(rust: Rust | undefined, { panic, cargoArgs, env }: BuildOptions): Rust {
  const buildsStd = panic === 'abort' && (env.CARGO_UNSTABLE_BUILD_STD !== undefined || cargoArgs.some((arg) => arg.includes('build-std')));
  const [first] = missingOf(rust, panic);
  if (rust !== undefined && (first === undefined || buildsStd)) return rust;
  throw new BuildError(
    'REVIVE_NO_TOOL',
    `${first?.found}. Run \`${first?.todo}\`. What else this machine lacks, if anything, \`wasm-revive doctor\` says.`,
  );
}

/** @throws BuildError `REVIVE_NO_TOOL` */
function neededWasmOpt(at: Surroundings): Tool {
  const tool = findWasmOpt(at);
  if (tool !== undefined) return tool;
  throw new BuildError(
    'REVIVE_NO_TOOL',
    '--optimize needs wasm-opt, and there is none on the PATH, nor in node_modules. Run `npm install --save-dev binaryen`, or leave --optimize away.',
  );
}

/** What rustc makes by default for wasm32-unknown-unknown, and wasm-bindgen's. Not all that wasm-opt knows: it would use what engines don't have yet. */
const FEATURES = [
  'mutable-globals',
  'sign-ext',
  'nontrapping-float-to-int',
  'bulk-memory',
  'multivalue',
  'reference-types',
  'exception-handling',
];

async function optimize(tool: Tool, dir: string, at: Surroundings, step: Step): Promise<void> {
  const file = readdirSync(dir).find((name) => name.endsWith('_bg.wasm')) ?? '';
  const optimized = join(dir, 'optimized.wasm');
  // Note: names stay, for crash reports.
  const args = ['-O', '--debuginfo', ...FEATURES.map((feature) => `--enable-${feature}`), '-o', optimized, join(dir, file)];
  await step(
    'wasm-opt',
    () => run([tool.file, ...args], at),
    () => `wasm-opt ${tool.version}: -O`,
  );
  renameSync(optimized, join(dir, file));
}
