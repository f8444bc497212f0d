/** Finds and reads what wasm-bindgen has put into a folder, and refuses what can't be transformed, by name. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { transformedBy } from '../emit/banner.js';
import { TransformError } from '../errors.js';
import { inspectWasm, MalformedWasmError, type WasmInfo } from '../wasm/wasm-info.js';
import { readFile } from '../write/files.js';
import { detectTarget } from './detect-target.js';
import type { Target } from './glue.js';
import { withVersion } from './glue-version.js';
import { isOwnLoader, refuseInlined } from './loaders.js';
import { withoutGlue, withoutWasm } from './not-glue.js';

/** What wasm-bindgen has written, read and found fit. */
export interface Package {
  readonly dir: string;
  /** `app` in `app.js`, `app_bg.wasm`. */
  readonly name: string;
  readonly target: Target;
  /** The file that holds the glue proper: `app.js`, or `app_bg.js` in the bundler target. */
  readonly glue: { readonly file: string; readonly code: string };
  /** The bundler target's `app.js`. */
  readonly entry: { readonly file: string; readonly code: string } | undefined;
  readonly declarations: { readonly file: string; readonly code: string } | undefined;
  readonly packageJson: string | undefined;
  readonly wasmFile: string;
  readonly wasmBytes: Uint8Array;
  readonly wasm: WasmInfo;
}

/** A module of a folder, and the end of its main file's name: `.js`, or `.mjs` and `.cjs`, as which some are published. */
export interface ModuleFile {
  /** `app` in `app_bg.wasm`. */
  readonly name: string;
  /** `.js` in `app.js`. */
  readonly ending: string;
}

const ENDINGS = ['.js', '.mjs', '.cjs'];

/**
 * The modules of a folder. One can have several main files, which share its wasm file.
 * @param only the names of those that are asked for
 * @throws TransformError `REVIVE_NOT_A_FOLDER`, `REVIVE_NO_WASM`, `REVIVE_NO_GLUE`
 */
export function listModules(dir: string, only?: string | readonly string[]): ModuleFile[] {
  const files = listFolder(dir);
  const names = moduleNames(dir, files, only === undefined ? undefined : [only].flat());
  const modules = names.flatMap((name) => mainFilesOf(name, files).map((ending) => ({ name, ending })));
  const without = names.find((name) => mainFilesOf(name, files).length === 0);
  // One that others have left there doesn't keep those from being transformed that have all of their files; a warning names it.
  if (without === undefined || (only === undefined && modules.length > 0)) return modules;
  throw new TransformError('REVIVE_NO_GLUE', `${dir} holds ${without}_bg.wasm, but ${withoutGlue(dir, without, files)}`);
}

/** The wasm files of a folder that have no main file of their name. */
export function wasmWithoutGlue(files: readonly string[]): string[] {
  return namesIn(files)
    .filter((name) => mainFilesOf(name, files).length === 0)
    .map((name) => `${name}_bg.wasm`);
}

function namesIn(files: readonly string[]): string[] {
  return files.filter((file) => file.endsWith('_bg.wasm')).map((file) => file.slice(0, -'_bg.wasm'.length));
}

/** The endings of the main files of a module. */
function mainFilesOf(name: string, files: readonly string[]): string[] {
  return ENDINGS.filter((ending) => [`${name}${ending}`, `${name}_bg${ending}`].some((file) => files.includes(file)));
}

/** @throws TransformError */
export function readPackage(dir: string, { name, ending }: ModuleFile): Package {
  const [mainFile, bgFile] = [`${name}${ending}`, `${name}_bg${ending}`];
  const main = readText(dir, mainFile);
  const bg = readText(dir, bgFile);
  refuseTransformed(dir, main);
  const wasmFile = `${name}_bg.wasm`;
  const { wasm, bytes: wasmBytes } = readWasm(dir, wasmFile);
  const target = withVersion(wasm, mainFile, () => detectTarget(dir, mainFile, main, bg));
  // Beside another target's main file, it is what an earlier build has left.
  if (target === 'bundler') refuseTransformed(dir, bg);
  if (target === 'bundler' && main !== undefined) refuseInlined(dir, mainFile, main, wasmFile);
  const declarations = [`${name}.d${ending.replace('js', 'ts')}`, `${name}.d.ts`]
    .map((file) => ({ file, code: readText(dir, file) }))
    .find(({ code }) => code !== undefined);
  const isBundler = target === 'bundler';
  return {
    dir,
    name,
    target,
    glue: isBundler ? { file: bgFile, code: bg ?? '' } : { file: mainFile, code: main ?? '' },
    // A loader of the authors' own stays as it is, and is the program that makes the first instance.
    entry: isBundler && main !== undefined && !isOwnLoader(mainFile, main) ? { file: mainFile, code: main } : undefined,
    declarations: declarations && { file: declarations.file, code: declarations.code ?? '' },
    packageJson: readText(dir, 'package.json'),
    wasmFile,
    wasmBytes,
    wasm,
  };
}

/** That the package is what was read, and not a mixture of that and what others have written since. @throws TransformError `REVIVE_BUSY` */
export function assertUnchanged({ dir, glue, entry, declarations, packageJson, wasmFile, wasmBytes }: Package): void {
  const texts = [glue, entry, declarations, packageJson === undefined ? undefined : { file: 'package.json', code: packageJson }];
  const changed = texts.find((text) => text !== undefined && readText(dir, text.file) !== text.code)?.file;
  if (changed === undefined && readFile(join(dir, wasmFile))?.equals(wasmBytes)) return;
  throw new TransformError(
    'REVIVE_BUSY',
    `${join(dir, changed ?? wasmFile)} was changed while wasm-revive read the package: another run, or a build, is at work on it. ` +
      'This run has changed nothing. Wait until the other has ended, then start this one again.',
  );
}

function refuseTransformed(dir: string, code: string | undefined): void {
  const by = code && transformedBy(code);
  if (!by) return;
  throw new TransformError(
    'REVIVE_ALREADY_TRANSFORMED',
    `${dir} has been transformed already (by ${by}); nothing was changed. ` +
      'To transform it anew, build the package again first: wasm-bindgen overwrites its output.',
  );
}

function listFolder(dir: string): string[] {
  const found = !existsSync(dir) ? 'nothing is there' : statSync(dir).isDirectory() ? undefined : 'it is a file';
  if (found === undefined) return readdirSync(dir);
  throw new TransformError(
    'REVIVE_NOT_A_FOLDER',
    `${dir} is not a folder: ${found}. Give the folder that \`wasm-bindgen --out-dir\` or \`wasm-pack build\` wrote, such as \`pkg\`.`,
  );
}

function moduleNames(dir: string, files: readonly string[], only: readonly string[] | undefined): string[] {
  const names = namesIn(files);
  const missing = only?.find((name) => !names.includes(name));
  if (only === undefined ? names.length > 0 : missing === undefined) return only === undefined ? names : [...new Set(only)];
  const found = missing === undefined ? withoutWasm(dir, files) : `no ${missing}_bg.wasm; its modules are ${names.join(', ') || 'none'}`;
  throw new TransformError(
    'REVIVE_NO_WASM',
    `${dir} must hold a file *_bg.wasm, as wasm-bindgen names its output; found ${found}. ` +
      'Give the folder that `wasm-bindgen --out-dir` or `wasm-pack build` wrote, not the one that cargo writes.',
  );
}

function readWasm(dir: string, file: string): { wasm: WasmInfo; bytes: Uint8Array } {
  const path = join(dir, file);
  const bytes = readFile(path) ?? new Uint8Array();
  let wasm: WasmInfo;
  try {
    wasm = inspectWasm(bytes);
  } catch (error) {
    if (!(error instanceof MalformedWasmError)) throw error;
    throw new TransformError(
      'REVIVE_BAD_WASM',
      `${path} can't be read as WebAssembly: ${error.message}. The file may be truncated, or not wasm-bindgen's; build the package again.`,
      { cause: error },
    );
  }
  for (const memory of wasm.memories) {
    if (memory.shared) {
      throw new TransformError(
        'REVIVE_SHARED_MEMORY',
        `${path} shares its memory between threads (it was built with atomics). An instance that others write to can't be put back; ` +
          'only modules with a memory of their own are supported. Build without `-C target-feature=+atomics`.',
      );
    }
    if (memory.memory64) {
      throw new TransformError(
        'REVIVE_WASM64',
        `${path} uses 64-bit memory (wasm64). Only wasm32 is supported; build for \`wasm32-unknown-unknown\`.`,
      );
    }
  }
  return { wasm, bytes };
}

function readText(dir: string, file: string): string | undefined {
  const text = readFile(join(dir, file))?.toString('utf8');
  return text === undefined ? undefined : withoutBom(text);
}

/** Engines skip a byte order mark at the start of a file, and it would not be there any more. */
function withoutBom(text: string): string {
  return text.startsWith('\u{feff}') ? text.slice(1) : text;
}
