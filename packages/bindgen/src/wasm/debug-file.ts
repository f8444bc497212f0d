/** The names by which the files of a build find each other, and the debug file that a release is shipped without. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { TransformError } from '../errors.js';
import { readFile } from '../write/files.js';
import { realPlace } from '../write/output-folder.js';
import { entryAt, STAGING } from '../write/staging.js';
import { debugFileOf, inspectWasm, joinDebugInfo, MalformedWasmError, splitDebugInfo, withBuildId, withoutBuildId } from './wasm-info.js';

/** A module that says which build it is. */
export interface NamedModule {
  readonly module: Uint8Array;
  /** What its section `build_id` holds, in hexadecimal digits. */
  readonly debugId: string;
}

/** Gives a module a `build_id` of its content. It is the same for the same module. */
export function named(bytes: Uint8Array): NamedModule {
  const unnamed = withoutBuildId(bytes);
  // As long as what linkers make of a hash, and crash services take.
  const id = createHash('sha256').update(unnamed).digest().subarray(0, 16);
  return { module: withBuildId(unnamed, id), debugId: id.toString('hex') };
}

/** A module with its debug information in it. */
export interface Joined {
  readonly bytes: Uint8Array;
  /** The name of the file that it was in. */
  readonly from?: string;
  /** It is in a file that isn't there, or has other code. */
  readonly isMissing?: true;
}

/**
 * Puts the debug information of a module into it that is in a file beside it. A package can name any file on the machine, so one that is elsewhere, or
 * behind a link, is none.
 */
export function joined(dir: string, bytes: Uint8Array): Joined {
  const url = debugFileOf(bytes);
  if (url === undefined) return { bytes };
  const name = decoded(url);
  const path = join(dir, name);
  const debug = name === basename(path) && entryAt(path)?.isFile() ? readFile(path) : undefined;
  const found = debug && putBack(bytes, debug);
  return found === undefined ? { bytes, isMissing: true } : { bytes: found, from: name };
}

/** What is no module at all is no debug file of this one either. */
function putBack(bytes: Uint8Array, debug: Uint8Array): Uint8Array | undefined {
  try {
    return joinDebugInfo(bytes, debug);
  } catch (error) {
    if (error instanceof MalformedWasmError) return undefined;
    throw error;
  }
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** A debug file that is to be written. */
export interface DebugFile {
  readonly file: string;
  readonly content: Uint8Array;
}

/**
 * Takes debug information out of a module, into a file of its own.
 * @param leftOut why it has none, if that is known
 * @throws TransformError `REVIVE_NO_DEBUG_INFO`
 */
export function split(
  bytes: Uint8Array,
  wasmFile: string,
  file: string,
  leftOut: string | undefined,
): { readonly module: Uint8Array; readonly debugFile: DebugFile } {
  const url = relative(dirname(wasmFile), file).split(sep).map(encodeURIComponent).join('/');
  const found = splitDebugInfo(bytes, url);
  if (found === undefined) {
    throw new TransformError(
      'REVIVE_NO_DEBUG_INFO',
      `${wasmFile}: found no debug information (DWARF) for ${file}${leftOut === undefined ? '' : `, because ${leftOut}`}. Nothing was changed. ` +
        'Build with `debug = "line-tables-only"` or `debug = true` in the Cargo profile, and run wasm-bindgen with `--keep-debug`.',
    );
  }
  return { module: found.module, debugFile: { file, content: found.debug } };
}

/**
 * What can be said of the place for a debug file before there is one. Writing says it again.
 * @param folders of packages, whose files it can't be
 * @throws TransformError `REVIVE_BAD_OUTPUT`
 */
export function assertDebugFile(file: string, folders: readonly string[]): void {
  refuseOwnFile(file, folders, []);
  assertReplaceable(resolve(file));
}

/** @throws TransformError `REVIVE_BAD_OUTPUT` */
function assertReplaceable(file: string): void {
  if (entryAt(file) === undefined || isDebugFile(file)) return;
  throw new TransformError(
    'REVIVE_BAD_OUTPUT',
    `${file} is there already and is no debug file, so none was written over it. Give another path.`,
  );
}

/**
 * Writes a debug file.
 * @throws TransformError `REVIVE_BAD_OUTPUT` where something else is there, `REVIVE_FILE_SYSTEM`
 */
export function writeDebugFile({ file, content }: DebugFile): void {
  assertReplaceable(file);
  try {
    mkdirSync(dirname(file), { recursive: true });
    // Note: moved into place, so that a link is replaced, and what a hard link shares stays as it is.
    const staged = `${file}.${process.pid}.tmp`;
    writeFileSync(staged, content);
    renameSync(staged, file);
  } catch (cause) {
    throw new TransformError('REVIVE_FILE_SYSTEM', `${file} can't be written: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}

/**
 * Refuses a place for a debug file at which something else is, or is going to be: whatever is in the folders of the package but a debug file, by
 * whichever links that place is named.
 * @param folders that are read or written
 * @param files that are to be written there
 * @throws TransformError `REVIVE_BAD_OUTPUT`
 */
export function refuseOwnFile(debugFile: string, folders: readonly string[], files: readonly string[]): void {
  const refuse = (found: string): never => {
    throw new TransformError('REVIVE_BAD_OUTPUT', `${debugFile} ${found}. Give the debug file another path. Nothing was changed.`);
  };
  if (debugFile === '') throw new TransformError('REVIVE_BAD_OUTPUT', 'The path of the debug file is empty. Nothing was changed.');
  const file = resolve(debugFile);
  const entry = entryAt(file);
  if (entry !== undefined && !entry.isFile() && !entry.isSymbolicLink()) refuse('is there already, and is no file');
  const place = realPlace(file);
  for (const folder of folders) {
    const inside = relative(realPlace(resolve(folder)), place);
    if (inside.startsWith('..') || isAbsolute(inside)) continue;
    if (/^[^\\/]*_bg\.wasm$/.test(inside) || files.includes(inside)) refuse('is a file of the package itself');
    if (inside.split(sep)[0] === STAGING) refuse('is in the folder in which changes are staged');
  }
}

/** A wasm file with debug information. */
function isDebugFile(file: string): boolean {
  try {
    return inspectWasm(readFileSync(file)).customSections.some(({ name }) => name === '.debug_info');
  } catch {
    return false;
  }
}
