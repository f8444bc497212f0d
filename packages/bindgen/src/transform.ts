import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Build, CONTRACT, GLOBAL_EXPORT_PREFIX, UNDO_EXPORTS } from '@wasm-revive/kernel';
import { asRuntimeFile, asRuntimeMap, isAddedByUs, transformedBy, withMapOf } from './emit/banner.js';
import { addPackageFiles, emitDeclarations } from './emit/declarations.js';
import { emitEntry, emitGlue, type RuntimeReference } from './emit/emit.js';
import { ownModule } from './emit/emit-init.js';
import { TransformError } from './errors.js';
import { readGlue, type Target } from './read/glue.js';
import { inKnownForm } from './read/glue-forms.js';
import { withVersion } from './read/glue-version.js';
import { assertUnchanged, listModules, type ModuleFile, type Package, readPackage } from './read/read-package.js';
import { isUndoneIn } from './read/undone.js';
import { unprotected } from './read/unprotected.js';
import { validate } from './validate/validate.js';
import { assertCompiles } from './wasm/assert-compiles.js';
import { type DebugFile, joined, named, refuseOwnFile, split, writeDebugFile } from './wasm/debug-file.js';
import { withMovedImports } from './wasm/move-imports.js';
import {
  copyable,
  exportGlobals,
  inspectWasm,
  MalformedWasmError,
  type Prewarmed,
  prewarm,
  type UndoLogged,
  undoLog,
  type WasmInfo,
} from './wasm/wasm-info.js';
import { type Change, commit, recoverStaging } from './write/commit.js';
import { readFile } from './write/files.js';
import { isSamePlace, writeOutput } from './write/output-folder.js';
import { inPlainWords } from './write/plain-errors.js';
import { replaceInPlace } from './write/replace-package.js';
import { entryAt } from './write/staging.js';

/** As much memory as a module can be made ready for that has an undo log, in mebibytes. */
const MOST_MEMORY_MIB = 1_024;

/** The runtime as files to be put beside the output, so that it needs no install. */
export interface RuntimeFiles extends RuntimeFormats {
  /** The same where no module of the folder has its turns undone: without `undoSupport`. Default: the same files. */
  readonly fresh?: RuntimeFormats;
}

/** The runtime in both formats. */
export interface RuntimeFormats {
  /** An ES module, and its declarations. */
  readonly esm: RuntimeFile;
  /** A CommonJS module, and its declarations. */
  readonly cjs: RuntimeFile;
}

/** One file of the runtime. */
export interface RuntimeFile {
  readonly code: string;
  readonly types: string;
  /** Its source map, as JSON, where it is minified. */
  readonly map?: string;
}

/** Options of {@link transform}. */
export interface TransformOptions {
  /** The output folder of wasm-bindgen or wasm-pack. */
  readonly dir: string;
  /** Where to write. Default: in place. */
  readonly outDir?: string | undefined;
  /** Files to put beside the output, or the package to import. */
  readonly runtime: RuntimeFiles | { readonly import: string };
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
  /**
   * With `rollback` and its log: to how many MiB the memory may grow, with the undo log in it; a whole number from 1 to 1,024, which is the default. For each of
   * them, the log takes 1 KiB from the beginning.
   */
  readonly memoryLimitMiB?: number | undefined;
  /** Where debug information goes, which the wasm file is then without. Default: it stays in the wasm file, if it has some. */
  readonly splitDebug?: string | undefined;
  /** The states in which modules begin, by their names, in place of running their start functions: see {@link Prewarmed}. Default: none. */
  readonly prewarmed?: ReadonlyMap<string, Prewarmed> | undefined;
  /** The module to transform, or several, by their names: `app` in `app_bg.wasm`. Default: all modules of the folder. */
  readonly name?: string | readonly string[] | undefined;
  /** Version that the output names as its maker's. */
  readonly version: string;
}

/** What {@link transform} did. */
export interface TransformResult {
  readonly outDir: string;
  /** Paths in `outDir`, in the order they were written. */
  readonly files: readonly string[];
  /** The modules of the folder that were transformed, one for each main file. */
  readonly modules: readonly TransformedModule[];
  /** What the package has that is not protected, and what to do about it: a sentence or two each. */
  readonly warnings: readonly string[];
}

/** One module, with the glue in one main file. */
export interface TransformedModule {
  readonly name: string;
  /** The main file: `app.js`, or `app_bg.js` in the bundler target with a loader of the package's own. */
  readonly file: string;
  readonly target: Target;
  /** The version of wasm-bindgen that wrote the wasm file, as it says there. */
  readonly wasmBindgen: string | null;
  /** How many exports and imports are guarded. */
  readonly guards: { readonly exports: number; readonly imports: number };
  /** The encoding of exception handling, which not every engine runs. */
  readonly exceptions: WasmInfo['exceptions'];
  /** Why debug information (DWARF) is left out, as the end of a sentence; undefined where it isn't, or there was none. */
  readonly debugInfoLeftOut?: string;
}

/**
 * Turns the output of wasm-bindgen into a package that recovers: same files, same exports, and `__revive`. Of several modules in the folder, all
 * are transformed, or none.
 * @throws TransformError; the folder is then as it was
 */
export function transform(options: TransformOptions): TransformResult {
  return inPlainWords(resolve(options.dir), () => transformFolder(options));
}

/** What {@link transform} would write, by path in the folder. */
export interface TransformedFiles extends Pick<TransformResult, 'modules' | 'warnings'> {
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/**
 * The same without writing anything: the files that would differ from the originals, and those that would be added. A debug file is among them where
 * the package has one.
 * @throws TransformError
 */
export function transformedFiles(options: Omit<TransformOptions, 'outDir' | 'splitDebug'>): TransformedFiles {
  const dir = resolve(options.dir);
  return inPlainWords(dir, () => {
    const { packages, files, debugFiles, left } = emitModules(dir, dir, options);
    const beside = debugFiles.map(({ file, content }) => [relative(dir, file), content] as const);
    return { files: new Map([...files, ...beside]), modules: packages.map(describe), warnings: unprotected(dir, packages, left) };
  });
}

/**
 * What {@link transform} would say of a folder, which is to be changed in place. Changes nothing, and finishes no run that was interrupted.
 * @throws TransformError, as that does
 */
export function wouldTransform(options: Omit<TransformOptions, 'outDir' | 'splitDebug'>): Pick<TransformResult, 'modules' | 'warnings'> {
  const dir = resolve(options.dir);
  return inPlainWords(dir, () => {
    const { packages, files, left } = emitModules(dir, dir, options);
    refuseFilesOfOthers(dir, files.keys());
    refuseOtherContracts(dir, files);
    return { modules: packages.map(describe), warnings: unprotected(dir, packages, left) };
  });
}

function transformFolder(options: TransformOptions): TransformResult {
  const dir = resolve(options.dir);
  const outDir = resolve(options.outDir ?? dir);
  if (options.dir === '' || options.outDir === '') {
    throw new TransformError('REVIVE_NOT_A_FOLDER', 'The path of a folder is empty. Give a folder, `.` for the one that you are in.');
  }
  const inPlace = isSamePlace(outDir, dir);
  const asked = hashOfAsked(options);
  const finished = recoverStaging(dir);
  const { splitDebug } = options;
  let emitted: Emitted;
  try {
    emitted = emitModules(dir, outDir, options);
  } catch (error) {
    if (finished === undefined || !inPlace || !isAlreadyTransformed(error)) throw error;
    if (finished.asked === asked) return { ...finished.result, outDir };
    throw new TransformError(
      error.code,
      `${error.message} An earlier run was interrupted, with other options than this one's: it has been finished just now.`,
      { cause: error },
    );
  }
  const { packages, moved, files, debugFiles, left } = emitted;
  if (splitDebug !== undefined) refuseOwnFile(splitDebug, [dir, outDir], [...files.keys()]);
  refuseFilesOfOthers(dir, files.keys());
  refuseOtherContracts(dir, files);
  const warnings = unprotected(dir, packages, left);
  const result = { files: [...files.keys()], modules: packages.map(describe), warnings };
  const run = { asked, result };
  // Before the package, which names them.
  if (inPlace) for (const file of debugFiles) writeDebugFile(file);
  if (!inPlace) {
    writeOutput(packages[0], outDir, files);
    // Note: they may be in that folder, which has to be empty before.
    for (const file of debugFiles) writeDebugFile(file);
  } else if (moved[0] === undefined) {
    const prepare = (): Change[] => {
      for (const pkg of packages) assertUnchanged(pkg);
      return [...files].map(([file, content]) => ({ file, content }));
    };
    commit(dir, prepare, { run });
  } else replaceInPlace(moved[0], files, run);
  return { outDir, ...result };
}

/** Two runs on one folder for which this is the same do the same. */
function hashOfAsked({
  recovery = 'fresh',
  commit = 'log',
  memoryLimitMiB = MOST_MEMORY_MIB,
  runtime,
  version,
  name,
  splitDebug,
  prewarmed = new Map(),
}: TransformOptions): string {
  const limit = commit === 'log' ? memoryLimitMiB : commit;
  const undo = recovery === 'rollback' ? limit : undefined;
  const states = [...prewarmed].map(([module, { memory, globals, ...rest }]) => [module, hashOf(memory), hashOf(globals), rest]);
  return hashOf(JSON.stringify([undo, runtime, version, name, splitDebug, states]));
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function isAlreadyTransformed(error: unknown): error is TransformError {
  return error instanceof TransformError && error.code === 'REVIVE_ALREADY_TRANSFORMED';
}

function describe({ name, entry, glue, target, wasm, debugInfoLeftOut }: Transformed): TransformedModule {
  const functions = (list: readonly { readonly kind: string }[]): number => list.filter(({ kind }) => kind === 'function').length;
  return {
    name,
    file: (entry ?? glue).file,
    target,
    wasmBindgen: wasm.wasmBindgen,
    guards: { exports: functions(wasm.exports), imports: functions(wasm.imports) },
    exceptions: wasm.exceptions,
    ...(debugInfoLeftOut !== undefined && { debugInfoLeftOut }),
  };
}

/** A package that is transformed, and why its debug information is left out, where it is. */
type Transformed = Package & Pick<EmittedPackage, 'debugInfoLeftOut'>;

interface Emitted {
  /** Those that are transformed. */
  readonly packages: readonly [Transformed, ...Transformed[]];
  /** Those of them whose new glue goes only with the new wasm file. */
  readonly moved: readonly Package[];
  /** All that changes, by path. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Debug information that goes to files of its own. */
  readonly debugFiles: readonly DebugFile[];
  /** What is left as it is, and why. */
  readonly left: readonly { readonly file: string; readonly error: TransformError }[];
}

/**
 * Emits what is to be transformed. Beside a main file that can be, another one of the same module that can't be is left as it is; so is what an
 * earlier run has transformed already.
 */
function emitModules(dir: string, outDir: string, options: TransformOptions): Emitted {
  const files = new Map<string, string | Uint8Array>();
  const debugFiles = new Map<string, DebugFile>();
  const packages: Transformed[] = [];
  const moved: Package[] = [];
  const refused: { readonly module: ModuleFile; readonly error: TransformError }[] = [];
  const modules = listModules(dir, options.name);
  if (options.splitDebug !== undefined) refuseSeveral(dir, modules);
  for (const module of modules) {
    try {
      const pkg = readPackage(dir, module);
      const listed = files.get('package.json');
      const own = withMovedImports(typeof listed === 'string' ? { ...pkg, packageJson: listed } : pkg);
      const emitted = withVersion(pkg.wasm, pkg.glue.file, () => emitPackage(own, pkg.wasmBytes, outDir, options));
      const { debugFile, debugInfoLeftOut } = emitted;
      if (own.wasmBytes !== pkg.wasmBytes) moved.push(pkg);
      packages.push({ ...pkg, debugInfoLeftOut });
      if (debugFile !== undefined) debugFiles.set(debugFile.file, debugFile);
      for (const [file, content] of emitted.files) {
        // Main files of one module share its wasm file and its declarations.
        if (file === 'package.json' || !files.has(file)) files.set(file, content);
      }
    } catch (error) {
      if (!(error instanceof TransformError)) throw error;
      refused.push({ module, error });
    }
  }
  const isLeft = ({ module, error }: (typeof refused)[number]): boolean =>
    isAlreadyTransformed(error) || packages.some(({ name }) => name === module.name);
  const refusal = refused.find((one) => !isLeft(one)) ?? (packages.length === 0 ? refused[0] : undefined);
  if (refusal !== undefined) throw refusal.error;
  const left = refused.filter(({ error }) => !isAlreadyTransformed(error));
  return {
    packages: packages as [Transformed, ...Transformed[]],
    moved,
    files,
    debugFiles: [...debugFiles.values()],
    left: left.map(({ module: { name, ending }, error }) => ({ file: `${name}${ending}`, error })),
  };
}

/** A debug file is that of one module. @throws TransformError `REVIVE_BAD_OUTPUT` */
function refuseSeveral(dir: string, modules: readonly ModuleFile[]): void {
  const names = [...new Set(modules.map(({ name }) => name))];
  if (names.length < 2) return;
  throw new TransformError(
    'REVIVE_BAD_OUTPUT',
    `${dir} holds several modules (${names.join(', ')}), and debug information of one goes to the file that is given; nothing was changed. ` +
      'Choose one by its name (`--name`).',
  );
}

/** @throws TransformError `REVIVE_BAD_OUTPUT` where a file that is to be added has a name that a file of the program's has */
function refuseFilesOfOthers(dir: string, files: Iterable<string>): void {
  for (const file of files) {
    if (!/^wasm-revive\.|\.map$/.test(file)) continue;
    const path = join(dir, file);
    // Note: a link is replaced, and what it leads to stays as it is.
    if (!entryAt(path)?.isFile() || isAddedByUs(file, String(readFile(path)))) continue;
    throw new TransformError(
      'REVIVE_BAD_OUTPUT',
      `${path} is in the package already and no earlier run of wasm-revive has written it; nothing was changed. ` +
        'A file of that name is added to the package: rename yours, or take it away.',
    );
  }
}

/**
 * The modules of a folder share one runtime file: a new one goes only with glue that asks the same of it.
 * @throws TransformError `REVIVE_ALREADY_TRANSFORMED`
 */
function refuseOtherContracts(dir: string, files: ReadonlyMap<string, unknown>): void {
  if (!files.has('wasm-revive.js') && !files.has('wasm-revive.cjs')) return;
  for (const file of readdirSync(dir).filter((name) => /\.[cm]?js$/.test(name) && !files.has(name))) {
    const code = entryAt(join(dir, file))?.isFile() ? String(readFile(join(dir, file))) : '';
    const by = transformedBy(code);
    const contract = /^ +contract: (\d+),$/m.exec(code)?.[1];
    if (by === undefined || contract === undefined || Number(contract) === CONTRACT || !code.includes('"./wasm-revive.')) continue;
    throw new TransformError(
      'REVIVE_ALREADY_TRANSFORMED',
      `${join(dir, file)} has been transformed by another version of wasm-revive (${by}), and shares its runtime file with the modules of its folder: the one of this ` +
        'version would not go with it. Nothing was changed. Build the package again, and transform all of its modules by one version.',
    );
  }
}

interface EmittedPackage {
  readonly files: Map<string, string | Uint8Array>;
  readonly debugFile: DebugFile | undefined;
  readonly debugInfoLeftOut: string | undefined;
}

/**
 * The files of a transformed package that differ from the original's, by path. Put into place in this order, they make a package that
 * works after each: the original's code runs with the new wasm file, which only exports more, and the bundler target's entry with either glue.
 * Not so where imports were moved: then the new wasm file goes with the new glue only.
 * @param original the wasm file as it is in the package
 */
function emitPackage(
  pkg: Package,
  original: Uint8Array,
  outDir: string,
  options: Pick<TransformOptions, 'runtime' | 'version' | 'recovery' | 'commit' | 'splitDebug' | 'memoryLimitMiB' | 'prewarmed'>,
): EmittedPackage {
  const { wasm } = pkg;
  const own = ownModule(wasm);
  const imported = new Set(wasm.imports.filter(({ module }) => module === own).map(({ name }) => name));
  const glue = readGlue(pkg.dir, pkg.glue.file, inKnownForm(pkg, imported), pkg.target, imported);
  validate(pkg, glue);
  const undo = options.recovery === 'rollback' ? (options.commit ?? 'log') : undefined;
  const { reference, files } = runtimeFiles(pkg, options.runtime, undo !== undefined, options.version);
  refuseNameOfRuntime(pkg, files);
  const source = joined(pkg.dir, pkg.wasmBytes);
  const state = options.prewarmed?.get(pkg.name);
  const begun = state === undefined ? source.bytes : warm(pkg, source.bytes, state);
  const plain = exportGlobals(begun, GLOBAL_EXPORT_PREFIX) ?? begun;
  const { module, debugInfoLeftOut } =
    undo === undefined
      ? { module: plain, debugInfoLeftOut: undefined }
      : undoable(pkg, plain, undo, options.memoryLimitMiB ?? MOST_MEMORY_MIB);
  // What has its debug information elsewhere, and the same code as before, goes on to be known there by its name.
  const keepsName = module === original || (undo !== 'log' && source.isMissing === true);
  const ownFile = source.from === undefined ? undefined : join(outDir, source.from);
  const { bytes, debugId, debugFile } = identified(module, {
    keepsName,
    wasmFile: join(outDir, pkg.wasmFile),
    splitDebug: options.splitDebug ?? ownFile,
    leftOut: debugInfoLeftOut,
  });
  if (bytes !== original) assertCompiles(bytes, original, pkg.wasmFile);
  const written = bytes === pkg.wasmBytes ? wasm : inspectWasm(bytes);
  const emitOptions = {
    version: options.version,
    runtime: reference,
    build: { ...buildOf(bytes, written), ...(debugId !== undefined && { debugId }) },
    added: written.exports
      .map(({ name }) => name)
      .filter((name) => name.startsWith(GLOBAL_EXPORT_PREFIX) || (undo !== undefined && isOfUndo(name))),
    undo,
    begins: state,
  };
  const emitted = [emitGlue(pkg, glue, emitOptions)];
  if (pkg.entry) emitted.unshift(emitEntry(pkg, pkg.entry.file, pkg.entry.code, emitOptions));
  for (const { file, map } of emitted) files.set(`${file}.map`, map);
  if (pkg.packageJson !== undefined) {
    const listed = addPackageFiles(pkg.dir, pkg.packageJson, [...files.keys()]);
    if (listed !== undefined) files.set('package.json', listed);
  }
  if (bytes !== original) files.set(pkg.wasmFile, bytes);
  if (pkg.declarations) files.set(pkg.declarations.file, emitDeclarations(pkg, pkg.declarations, reference.specifier));
  for (const { file, code } of emitted) files.set(file, code);
  return { files, debugFile, debugInfoLeftOut };
}

/** The wasm file that is written: it says which build it is where it differs from the one in the package, and where its debug information is. */
function identified(
  module: Uint8Array,
  {
    keepsName,
    wasmFile,
    splitDebug,
    leftOut,
  }: {
    readonly keepsName: boolean;
    readonly wasmFile: string;
    readonly splitDebug: string | undefined;
    readonly leftOut: string | undefined;
  },
): { bytes: Uint8Array; debugId?: string; debugFile?: DebugFile } {
  if (keepsName && splitDebug === undefined) return { bytes: module };
  const { module: bytes, debugId } = named(module);
  if (splitDebug === undefined) return { bytes, debugId };
  const { module: shipped, debugFile } = split(bytes, wasmFile, resolve(splitDebug), leftOut);
  return { bytes: shipped, debugId, debugFile };
}

/** Whether a memory can be given this limit, in mebibytes. */
export function isMemoryLimit(mebibytes: number): boolean {
  return Number.isInteger(mebibytes) && mebibytes >= 1 && mebibytes <= MOST_MEMORY_MIB;
}

/** @throws TransformError `REVIVE_CANNOT_UNDO`, RangeError for a limit that can't be */
function undoable({ dir, wasmFile, wasm }: Package, bytes: Uint8Array, commit: 'log' | 'copy', memoryLimitMiB: number): UndoLogged {
  if (!isMemoryLimit(memoryLimitMiB)) {
    throw new RangeError(
      `memoryLimitMiB is ${memoryLimitMiB}. It has to be a whole number from 1 to ${MOST_MEMORY_MIB}. Nothing was changed.`,
    );
  }
  const refuse = (found: string, cause?: unknown): TransformError =>
    new TransformError(
      'REVIVE_CANNOT_UNDO',
      `${join(dir, wasmFile)}: found ${found}, so that its turns can't be undone. Nothing was changed. Transform it without \`--recovery rollback\`: ` +
        'after an abort, a fresh instance follows.',
      { cause },
    );
  const own = wasm.exports.find(({ name }) => isOfUndo(name));
  if (own !== undefined) throw refuse(`an export ${own.name}, which is the undo log's name`);
  try {
    return commit === 'log' ? undoLog(bytes, memoryLimitMiB) : { module: copyable(bytes) ?? bytes, debugInfoLeftOut: undefined };
  } catch (error) {
    if (error instanceof MalformedWasmError) throw refuse(`that ${error.message}`, error);
    throw error;
  }
}

/**
 * Whether Rust has a start function. Where it has none, what a module with reference types exports by that name is an import, which gives the table of
 * references its first values.
 */
function hasStart({ imports, exports }: WasmInfo): boolean {
  const imported = imports.filter(({ kind }) => kind === 'function').length;
  return exports.some(({ name, index }) => name === '__wbindgen_start' && index >= imported);
}

/** @throws TransformError `REVIVE_NOT_PREWARMED` */
function warm({ dir, wasmFile, wasm }: Package, bytes: Uint8Array, state: Prewarmed): Uint8Array {
  if (!hasStart(wasm)) {
    throw new TransformError(
      'REVIVE_NOT_PREWARMED',
      `${join(dir, wasmFile)}: found no start function (in Rust, \`#[wasm_bindgen(start)]\`), so that there is nothing to run once for all instances. ` +
        'Nothing was changed. Leave `--prewarm` away.',
    );
  }
  try {
    return prewarm(bytes, state);
  } catch (error) {
    if (!(error instanceof MalformedWasmError)) throw error;
    throw new TransformError(
      'REVIVE_NOT_PREWARMED',
      `${join(dir, wasmFile)}: found that ${error.message}, so that it can't begin in the state after its start function. Nothing was changed. Leave \`--prewarm\` away.`,
      { cause: error },
    );
  }
}

function isOfUndo(name: string): boolean {
  return Object.values<string>(UNDO_EXPORTS).includes(name) || name.startsWith(UNDO_EXPORTS.global);
}

/** A module that is called as the runtime is. */
function refuseNameOfRuntime({ dir, name, glue, entry, declarations }: Package, files: ReadonlyMap<string, unknown>): void {
  const file = [glue, entry, declarations].find((own) => own !== undefined && files.has(own.file))?.file;
  if (file === undefined) return;
  throw new TransformError(
    'REVIVE_UNKNOWN_GLUE',
    `${dir}: found a module called ${name}. Its ${file} has the name of a file that the transform adds. ` +
      'Give the module another name, with `--out-name` of wasm-bindgen or wasm-pack, and build the package again.',
  );
}

/** The same for every copy of a module that runs the same code, with debug information or stripped of it. */
function buildOf(bytes: Uint8Array, { code }: WasmInfo): Build {
  const { offset, size } = code ?? { offset: 0, size: 0 };
  const id = createHash('sha256')
    .update(bytes.subarray(offset, offset + size))
    .digest('hex');
  return { id: id.slice(0, 16), codeOffset: offset };
}

function runtimeFiles(
  { dir, target, glue }: Package,
  runtime: TransformOptions['runtime'],
  undo: boolean,
  version: string,
): { reference: RuntimeReference; files: Map<string, string | Uint8Array> } {
  if ('import' in runtime) {
    if (target !== 'no-modules') return { reference: { specifier: runtime.import }, files: new Map() };
    throw new TransformError(
      'REVIVE_UNSUPPORTED_TARGET',
      `${join(dir, glue.file)} was made for the target \`no-modules\`: a script can't import the runtime from ${runtime.import}. ` +
        'Transform it without `--runtime`, so that the runtime is put into it, or build the package for the target `web`.',
    );
  }
  const own = undo ? runtime : (runtime.fresh ?? runtime);
  // Note: all modules of a folder have one file of the runtime, also those that earlier runs have transformed.
  const { esm, cjs } = undo || isUndoneIn(dir) ? runtime : own;
  const [file, types, source] =
    target === 'nodejs'
      ? ['wasm-revive.cjs', 'wasm-revive.d.cts', cjs]
      : glue.file.endsWith('.mjs')
        ? ['wasm-revive.mjs', 'wasm-revive.d.mts', esm]
        : (['wasm-revive.js', 'wasm-revive.d.ts', esm] as const);
  const declared = [types, asRuntimeFile(source.types, version)] as const;
  if (target === 'no-modules') return { reference: { specifier: `./${file}`, code: own.cjs.code }, files: new Map([declared]) };
  return {
    reference: { specifier: `./${file}` },
    files: new Map<string, string | Uint8Array>([
      ...(source.map === undefined ? [] : [[`${file}.map`, asRuntimeMap(source.map)] as const]),
      [file, asRuntimeFile(source.map === undefined ? source.code : withMapOf(source.code, file), version)],
      declared,
    ]),
  };
}
