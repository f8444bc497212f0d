/**
 * Changes files of a folder so that an interrupted run leaves a folder that works: all are staged first, then moved into place in
 * their order, each by an atomic rename. A list of what is staged marks the point of no return; a run that finds one finishes the moves.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TransformError } from './errors.js';

// Note: no dot before it. What an interrupted run leaves there can be in use, and servers hide folders that begin with one.
const STAGING = 'wasm-revive-staging';
const LIST = 'staged.json';

/** Where {@link commit} keeps what is in use until all changes are made: its path in the folder that is changed. */
export const KEPT: string = `${STAGING}/package`;

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
}

/** Finishes what an interrupted run left behind, or forgets it where the package has been built anew since. */
export function recoverStaging(dir: string): void {
  const staging = join(dir, STAGING);
  if (!existsSync(staging)) return;
  if (existsSync(join(staging, LIST))) {
    const list = JSON.parse(readFileSync(join(staging, LIST), 'utf8')) as Staged;
    if (isAsLeft(dir, list)) move(dir, list);
  }
  discard(staging);
}

/**
 * Makes changes in their order, all or none.
 * @param prepare gives them; what it puts into the folder given to it, `KEPT`, stays until all are made
 * @param watched which files tell a run that finds this one interrupted that the package has been built anew. Default: all
 * @throws TransformError `REVIVE_READ_ONLY`, `REVIVE_BAD_OUTPUT`
 */
export function commit(dir: string, prepare: (kept: string) => readonly Change[], watched?: readonly string[]): void {
  assertWritable(dir);
  const staging = join(dir, STAGING);
  const list = join(staging, LIST);
  let staged: Staged;
  try {
    mkdirSync(staging);
    staged = stage(dir, prepare(join(dir, KEPT)), watched);
    writeFileSync(`${list}.tmp`, JSON.stringify(staged));
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
  renameSync(`${list}.tmp`, list);
  move(dir, staged);
  discard(staging);
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
  for (const { file, staged } of moves) {
    if (!isStaged(dir, staged)) continue;
    const path = join(dir, file);
    if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
    renameSync(stagedPath(dir, staged), path);
  }
}

/** Whether nobody has touched the watched files since the run that left this list. What is staged no more has been moved. */
function isAsLeft(dir: string, { moves, before }: Staged): boolean {
  return Object.entries(before).every(([file, hash]) => {
    const moved = moves.findLast((one) => one.file === file && !isStaged(dir, one.staged));
    return hashOf(join(dir, file)) === (moved?.hash ?? hash);
  });
}

function discard(staging: string): void {
  // First the list, or a run that finds a part of the folder would take what is gone for moved.
  rmSync(join(staging, LIST), { force: true });
  rmSync(staging, { recursive: true, force: true });
}

function stagedPath(dir: string, staged: string): string {
  return join(dir, STAGING, staged);
}

function isStaged(dir: string, staged: string): boolean {
  return lstatSync(stagedPath(dir, staged), { throwIfNoEntry: false }) !== undefined;
}

function hashOf(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : null;
}

function assertWritable(dir: string): void {
  assertMode(dir);
  const probe = join(dir, `${STAGING}-probe`);
  try {
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    refuseReadOnly(dir, cause);
  }
}

/** That no rename will fail when it is too late to go back. */
function assertReplaceable(dir: string, file: string): void {
  const parts = file.split(/[\\/]/);
  for (const [index] of parts.entries()) {
    const path = join(dir, ...parts.slice(0, index + 1));
    const isLast = index === parts.length - 1;
    // Note: a rename replaces a link, wherever it leads.
    const there = (isLast ? lstatSync : statSync)(path, { throwIfNoEntry: false });
    if (there === undefined || there.isSymbolicLink()) continue;
    if (there.isDirectory() === isLast) {
      throw new TransformError(
        'REVIVE_BAD_OUTPUT',
        `${path} is a ${isLast ? 'folder' : 'file'}, where the package has a ${isLast ? 'file' : 'folder'}; nothing was changed. ` +
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
