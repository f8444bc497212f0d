/**
 * Changes files of a folder so that an interrupted run leaves a folder that works: all are staged first, then moved into place in
 * their order, each by an atomic rename. A list of what is staged marks the point of no return; a run that finds one finishes the moves.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { TransformError } from '../errors.js';
import { isRun, type Run } from './finished.js';
import { isSystemError, systemWords } from './plain-errors.js';
import {
  discardStaging,
  entryAt,
  isStagedName,
  kindOf,
  LIST,
  leaveStaging,
  openStaging,
  STAGING,
  takeOverStaging,
  WHOLE,
} from './staging.js';

/** Where {@link commit} keeps what is in use until all changes are made: its path in the folder that is changed. */
export const KEPT: string = `${STAGING}/${WHOLE}`;

/** No list of ours is longer, in bytes. */
const LONGEST_LIST = 2 ** 26;

/** A file to be put into place. Every folder that the changes made so far leave must be one that works. */
export interface Change {
  /** Its path in the folder; the same one may come again. */
  readonly file: string;
  readonly content: string | Uint8Array | { readonly copyOf: string };
}

/** What is staged, and what was there before. */
interface Staged {
  readonly moves: readonly { readonly file: string; readonly staged: string; readonly hash: string }[];
  /** Files that have to be as the interrupted run left them, with their hashes before it; null for those that weren't there. */
  readonly before: Readonly<Record<string, string | null>>;
  readonly run?: Run | undefined;
}

/**
 * Finishes what an interrupted run left behind, or forgets it where the package has been built anew since.
 * @returns the run that was finished, where it has written down what it was
 * @throws TransformError `REVIVE_BUSY` where that run is still at work, `REVIVE_BAD_STAGING` where no run of ours can have left it
 */
export function recoverStaging(dir: string): Run | undefined {
  const staging = join(dir, STAGING);
  if (!takeOverStaging(staging)) return undefined;
  let finished: Run | undefined;
  try {
    if (existsSync(join(staging, LIST))) {
      const list = readList(join(staging, LIST));
      if (isAsLeft(dir, list)) {
        for (const { file } of list.moves) assertReplaceable(dir, file);
        move(dir, list);
        finished = list.run;
      }
    }
  } catch (error) {
    leaveStaging(staging);
    throw error;
  }
  discardStaging(staging);
  return finished;
}

/** What is said of changes to a run that finds them half made. */
export interface Notes {
  /** Which files tell that the package has been built anew since. Default: all that are changed. */
  readonly watched?: readonly string[];
  readonly run?: Run | undefined;
}

/**
 * Makes changes in their order, all or none.
 * @param prepare gives them; what it puts into the folder given to it, `KEPT`, stays until all are made
 * @throws TransformError `REVIVE_READ_ONLY`, `REVIVE_BAD_OUTPUT`, `REVIVE_BUSY`
 */
export function commit(dir: string, prepare: (kept: string) => readonly Change[], { watched, run }: Notes = {}): void {
  assertMode(dir);
  const staging = join(dir, STAGING);
  const list = join(staging, LIST);
  try {
    openStaging(staging);
  } catch (cause) {
    if (isSystemError(cause) && ['EACCES', 'EPERM', 'EROFS'].includes(cause.code)) refuseReadOnly(dir, cause);
    throw cause;
  }
  let staged: Staged;
  try {
    staged = stage(dir, prepare(join(dir, KEPT)), watched);
    writeFileSync(`${list}.tmp`, JSON.stringify({ ...staged, run }));
  } catch (error) {
    discardStaging(staging);
    throw error;
  }
  try {
    renameSync(`${list}.tmp`, list);
    move(dir, staged);
  } catch (error) {
    leaveStaging(staging);
    throw error;
  }
  discardStaging(staging);
}

/** Reads a list, of which nothing is believed: whoever made the package may have made it. @throws TransformError `REVIVE_BAD_STAGING` */
function readList(path: string): Staged {
  const refuse = (cause?: unknown): never => {
    throw new TransformError(
      'REVIVE_BAD_STAGING',
      `${path} is not a list that wasm-revive has written; nothing was changed. Take away the folder that it is in, and build the package again.`,
      { cause },
    );
  };
  if (statSync(path).size > LONGEST_LIST) return refuse();
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    return refuse(cause);
  }
  return isStagedList(list) ? list : refuse();
}

function isStagedList(list: unknown): list is Staged {
  if (typeof list !== 'object' || list === null || !('moves' in list) || !('before' in list)) return false;
  const { moves, before } = list;
  if ('run' in list && !isRun(list.run)) return false;
  if (!Array.isArray(moves) || typeof before !== 'object' || before === null) return false;
  return (
    moves.every((one: unknown) => {
      if (typeof one !== 'object' || one === null || !('file' in one) || !('staged' in one) || !('hash' in one)) return false;
      return isPlainPath(one.file) && typeof one.staged === 'string' && isStagedName(one.staged) && typeof one.hash === 'string';
    }) && Object.entries(before).every(([file, hash]) => isPlainPath(file) && (hash === null || typeof hash === 'string'))
  );
}

/** Whether it is the path of a file inside of a folder, and not of one that is staged. */
function isPlainPath(path: unknown): path is string {
  if (typeof path !== 'string' || isAbsolute(path) || path.includes('\0')) return false;
  const parts = partsOf(path);
  return (
    parts[0] !== STAGING && parts.every((part) => part !== '' && part !== '.' && part !== '..' && !(sep === '\\' && part.includes(':')))
  );
}

function partsOf(path: string): string[] {
  return path.split(sep === '\\' ? /[\\/]/ : '/');
}

function stage(dir: string, changes: readonly Change[], watched: readonly string[] = changes.map(({ file }) => file)): Staged {
  for (const { file } of changes) assertReplaceable(dir, file);
  const moves = changes.map(({ file, content }, index) => {
    const path = stagedPath(dir, String(index));
    if (typeof content === 'object' && 'copyOf' in content) cpSync(content.copyOf, path);
    else writeFileSync(path, content);
    return { file, staged: String(index), hash: hashOf(path) ?? '' };
  });
  return { moves, before: Object.fromEntries(watched.map((file) => [file, hashOf(join(dir, file))])) };
}

function move(dir: string, { moves }: Staged): void {
  try {
    for (const { file, staged } of moves) {
      if (!isStaged(dir, staged)) continue;
      const path = join(dir, file);
      if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
      renameSync(stagedPath(dir, staged), path);
    }
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new TransformError(
      'REVIVE_FILE_SYSTEM',
      `${systemWords(cause, dir)}. Only some of the new files are in place, which makes a package that works. Run it again to put the others there.`,
      { cause },
    );
  }
}

/** Whether nobody has touched the watched files since the run that left this list. What is staged no more has been moved. */
function isAsLeft(dir: string, { moves, before }: Staged): boolean {
  return Object.entries(before).every(([file, hash]) => {
    const moved = moves.findLast((one) => one.file === file && !isStaged(dir, one.staged));
    return hashOf(join(dir, file)) === (moved?.hash ?? hash);
  });
}

function stagedPath(dir: string, staged: string): string {
  return join(dir, STAGING, staged);
}

function isStaged(dir: string, staged: string): boolean {
  return entryAt(stagedPath(dir, staged)) !== undefined;
}

/** Of a link, where it leads. */
function hashOf(path: string): string | null {
  const entry = entryAt(path);
  if (!entry?.isFile() && !entry?.isSymbolicLink()) return null;
  const hash = createHash('sha256').update(entry.isFile() ? readFileSync(path) : `link to ${readlinkSync(path)}`);
  return hash.digest('hex');
}

/** That no rename will fail when it is too late to go back. */
function assertReplaceable(dir: string, file: string): void {
  const parts = partsOf(file);
  for (const [index] of parts.entries()) {
    const path = join(dir, ...parts.slice(0, index + 1));
    const isLast = index === parts.length - 1;
    const there = entryAt(path);
    if (there === undefined) return;
    // Note: a rename replaces a link, wherever it leads; what is behind a link on the way is not in this folder.
    if (isLast && there.isSymbolicLink()) continue;
    if (isLast ? !there.isFile() : !there.isDirectory()) {
      throw new TransformError(
        'REVIVE_BAD_OUTPUT',
        `${path} is ${kindOf(there)}, where the package has a ${isLast ? 'file' : 'folder'}; nothing was changed. ` +
          'Take it away, or write the result elsewhere with --out-dir.',
      );
    }
    assertMode(path);
  }
}

function assertMode(path: string): void {
  // Note: not access(2), which lets an administrator write what is marked read-only.
  if ((statSync(path).mode & 0o222) === 0) refuseReadOnly(path);
}

function refuseReadOnly(path: string, cause?: unknown): never {
  throw new TransformError(
    'REVIVE_READ_ONLY',
    `${path} can't be written; nothing was changed. Make it writable, or write the result elsewhere with --out-dir.`,
    { cause },
  );
}
