/**
 * The folder in which a run keeps what is not in its place yet. A file in it says whose it is, from the first moment to the last: a
 * folder of that name without it is the user's own, or was published inside of a package, and is never touched.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TransformError } from '../errors.js';
import { FREE_MARK, isMark, ownMark, processAtWork } from './owner.js';
import { isSystemError } from './plain-errors.js';

// Note: no dot before it. What an interrupted run leaves there can be in use, and servers hide folders that begin with one.
/** The name of the folder, and of what is beside an output folder before its own extension. */
export const STAGING = 'wasm-revive-staging';

/** In it: what is to be done. */
export const LIST = 'staged.json';

/** In it: a whole package. */
export const WHOLE = 'package';

const MARK_TEXT =
  'wasm-revive keeps files here while it changes a package. A run that was interrupted has left them; the next one takes them away.\n';

/** Makes the folder, and makes it this run's. @throws TransformError `REVIVE_BUSY` when another run has made it meanwhile */
export function openStaging(staging: string): void {
  try {
    mkdirSync(staging);
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') refuseBusy(staging);
    throw error;
  }
  try {
    claimEmpty(staging);
  } catch (error) {
    removeEmpty(staging);
    throw error;
  }
}

/**
 * Makes a folder that an earlier run has left this run's. False: there is none.
 * @throws TransformError `REVIVE_BUSY` when that run is still at work, `REVIVE_BAD_STAGING` when something else is there
 */
export function takeOverStaging(staging: string): boolean {
  const there = entryAt(staging);
  if (there === undefined) return false;
  if (!there.isDirectory()) refuse(staging, `it is ${kindOf(there)}`);
  const names = namesIn(staging);
  if (names === undefined) return false;
  // Between the first two steps of a run, and between its last two, it is empty.
  if (names.length === 0) {
    claimEmpty(staging);
    return true;
  }
  const marks = names.filter((name) => isMark(name) && entryAt(join(staging, name))?.isFile() !== false);
  const [mark] = marks;
  if (mark === undefined) return refuse(staging, `it holds ${names.slice(0, 3).join(', ')}`);
  const by = marks.map(processAtWork).find((words) => words !== undefined);
  if (by !== undefined) refuseBusy(staging, by);
  for (const name of names) {
    const entry = entryAt(join(staging, name));
    // Note: what has gone meanwhile, another run has taken away, and the mark with it.
    if (entry !== undefined && !fits(name, entry)) refuse(staging, `it holds ${name}`);
  }
  try {
    renameSync(join(staging, mark), join(staging, ownMark()));
  } catch (error) {
    if (isNotThere(error)) refuseBusy(staging);
    throw error;
  }
  return true;
}

/** Leaves the folder to the next run, which need not wait for this process to end. */
export function leaveStaging(staging: string): void {
  try {
    const mark = readdirSync(staging).find(isMark);
    if (mark !== undefined) renameSync(join(staging, mark), join(staging, FREE_MARK));
  } catch {
    // The error that this run ends with says more.
  }
}

/** Undefined: the folder has gone since somebody looked. */
function namesIn(staging: string): string[] | undefined {
  try {
    return readdirSync(staging);
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

function claimEmpty(staging: string): void {
  const mark = ownMark();
  try {
    writeFileSync(join(staging, mark), MARK_TEXT, { flag: 'wx' });
  } catch (error) {
    if (isNotThere(error)) refuseBusy(staging);
    throw error;
  }
  // Another run may have found the folder while it was empty.
  if (readdirSync(staging).every((name) => name === mark || !isMark(name))) return;
  rmSync(join(staging, mark), { force: true });
  refuseBusy(staging);
}

function fits(name: string, entry: Stats): boolean {
  if (isStagedName(name)) return entry.isFile() || entry.isSymbolicLink();
  return name === WHOLE ? entry.isDirectory() : entry.isFile() && (isMark(name) || name === LIST || name === `${LIST}.tmp`);
}

/** The name of one staged file. */
export function isStagedName(name: string): boolean {
  return /^\d{1,9}$/.test(name);
}

/** Takes it away. */
export function discardStaging(staging: string): void {
  // First the list, or a run that finds a part of the folder would take what is gone for moved; last what says whose it is.
  rmSync(join(staging, LIST), { force: true });
  const names = readdirSync(staging);
  for (const name of names) if (!isMark(name)) rmSync(join(staging, name), { recursive: true, force: true });
  for (const name of names) if (isMark(name)) rmSync(join(staging, name), { force: true });
  removeEmpty(staging);
}

/** Takes the folder away, unless another run has found it empty and has put its mark in. */
function removeEmpty(staging: string): void {
  try {
    rmdirSync(staging);
  } catch (error) {
    if (!isSystemError(error) || !['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code)) throw error;
  }
}

/** @throws TransformError `REVIVE_BUSY`, for a run that finds another one at work */
export function refuseBusy(staging: string, by = 'another process'): never {
  const changed = basename(staging) === STAGING ? dirname(staging) : staging.slice(0, -`.${STAGING}`.length);
  throw new TransformError(
    'REVIVE_BUSY',
    `${changed} is being changed by another run of wasm-revive (${by}; it works in ${staging}). This run has changed nothing. ` +
      'Wait until that run has ended, then start this one again.',
  );
}

function isNotThere(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT';
}

function refuse(staging: string, found: string): never {
  throw new TransformError(
    'REVIVE_BAD_STAGING',
    `${staging} was not left by a run of wasm-revive (${found}); nothing was changed. ` +
      'wasm-revive needs a folder of that name while it works: give yours another name, or take it away.',
  );
}

/** What is at a path: of a link, the link. */
export function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A file is where a folder on the way should be.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** In words. */
export function kindOf(entry: Stats): string {
  if (entry.isSymbolicLink()) return 'a link';
  if (entry.isDirectory()) return 'a folder';
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSocket()) return 'a socket';
  return entry.isFile() ? 'a file' : 'a device';
}
