/** Where a transformed package is written that doesn't stay in its place: which folders will do, and how it gets there. */
import { accessSync, constants, mkdirSync, readdirSync, realpathSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { transformedBy } from '../emit/banner.js';
import { TransformError } from '../errors.js';
import type { Package } from '../read/read-package.js';
import { recoverStaging } from './commit.js';
import { readFile } from './files.js';
import { isSystemError, systemWords } from './plain-errors.js';
import { copyPackage, replacePackage } from './replace-package.js';
import { discardStaging, entryAt, openStaging, refuseBusy, STAGING, takeOverStaging, WHOLE } from './staging.js';

const GIVE_FOLDER = 'Give a folder, or a path at which one can be made.';
const NO_FOLDER = `is not a folder. ${GIVE_FOLDER}`;

/**
 * Copies the package with its changes; a folder that wasn't there appears whole or not at all.
 * @throws TransformError `REVIVE_BAD_OUTPUT`, `REVIVE_BAD_STAGING`, `REVIVE_BAD_FILE`, `REVIVE_READ_ONLY`, `REVIVE_BUSY`
 */
export function writeOutput(pkg: Package, outDir: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  try {
    writeElsewhere({ ...pkg, dir: realpathSync(pkg.dir) }, outDir, files);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    refuse(outDir, `can't be written: ${systemWords(cause, outDir)}. ${GIVE_FOLDER}`, cause);
  }
}

/**
 * What can be said of an output folder before there is anything to write. Writing says it again.
 * @param name of the module that is to come; undefined: whatever is there may stay
 * @throws TransformError `REVIVE_BAD_OUTPUT`
 */
export function assertOutputFolder(outDir: string, name: string | undefined): void {
  try {
    const out = realPlace(resolve(outDir));
    const entry = entryAt(out);
    if (entry !== undefined && !entry.isDirectory()) refuse(outDir, NO_FOLDER);
    if (entry !== undefined && name !== undefined && readdirSync(out).some((file) => file !== STAGING)) assertOurs(outDir, { name });
    // What is there is replaced in that folder; a new one appears in the one around it.
    const written = entry === undefined ? nearest(dirname(out)) : out;
    if (!statSync(written).isDirectory()) refuse(outDir, NO_FOLDER);
    accessSync(written, constants.W_OK);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    refuse(outDir, `can't be written: ${systemWords(cause, outDir)}. ${GIVE_FOLDER}`, cause);
  }
}

/** The innermost of a path's folders that is there. */
function nearest(path: string): string {
  return entryAt(path) === undefined ? nearest(dirname(path)) : path;
}

/** Whether two paths lead to the same thing, by whatever links and spellings. */
export function isSamePlace(path: string, other: string): boolean {
  if (path === other) return true;
  const [one, two] = [path, other].map((at) => statSync(at, { bigint: true, throwIfNoEntry: false }));
  return one !== undefined && two !== undefined && one.ino === two.ino && one.dev === two.dev;
}

function writeElsewhere(pkg: Package, outDir: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  const out = realPlace(outDir);
  if (isInside(out, pkg.dir)) refuse(outDir, `is inside the package ${pkg.dir}. Choose one outside of it.`);
  if (isInside(pkg.dir, out)) refuse(outDir, `is around the package ${pkg.dir}. Choose one outside of it.`);
  const entry = entryAt(out);
  if (entry !== undefined && !entry.isDirectory()) refuse(outDir, NO_FOLDER);
  const beside = `${out}.${STAGING}`;
  if (takeOverStaging(beside)) discardStaging(beside);
  if (entry !== undefined) {
    recoverStaging(out);
    if (readdirSync(out).length > 0) {
      assertOurs(outDir, pkg);
      replacePackage(pkg, out, files);
      return;
    }
  }
  const made = mkdirSync(dirname(out), { recursive: true });
  try {
    openStaging(beside);
    try {
      // Now that no other run can make it: perhaps one has, since this run looked.
      if (entry === undefined ? entryAt(out) !== undefined : readdirSync(out).length > 0) refuseBusy(beside);
      copyPackage(pkg, join(beside, WHOLE), files);
      if (entry !== undefined) rmdirSync(out);
      renameSync(join(beside, WHOLE), out);
    } finally {
      discardStaging(beside);
    }
  } catch (error) {
    if (made !== undefined) removeEmpty(dirname(out), made);
    throw error;
  }
}

/** The path behind all links, of which the end need not be there yet. */
export function realPlace(path: string): string {
  return entryAt(path) === undefined ? join(realPlace(dirname(path)), basename(path)) : realpathSync(path);
}

function isInside(path: string, folder: string): boolean {
  if (isSamePlace(path, folder)) return true;
  const parent = dirname(path);
  return parent !== path && isInside(parent, folder);
}

/** Whatever is in the folder, only an earlier output of this package may be overwritten. */
function assertOurs(outDir: string, { name }: Pick<Package, 'name'>): void {
  if (isTransformed(outDir, name)) return;
  const modules = readdirSync(outDir).flatMap((file) => /^(.+)_bg\.wasm$/.exec(file)?.[1] ?? []);
  const other = modules.find((one) => isTransformed(outDir, one));
  if (other !== undefined && modules.includes(name)) {
    refuse(
      outDir,
      `holds an earlier output in which ${other} is transformed and ${name} is not. Transform both in one run: \`--name ${other} --name ${name}\`; ` +
        'without `--name`, all modules of the package are.',
    );
  }
  refuse(
    outDir,
    `holds other things than an earlier output of ${name}: its files would be overwritten. Give a folder of its own, one that is empty or not there yet.`,
  );
}

/** Whether a folder holds a transformed main file of a module. */
function isTransformed(dir: string, name: string): boolean {
  return ['.js', '_bg.js', '.mjs', '_bg.mjs', '.cjs']
    .map((ending) => `${name}${ending}`)
    .some((file) => {
      const code = readFile(join(dir, file))?.toString('utf8');
      return code !== undefined && transformedBy(code) !== undefined;
    });
}

/** Takes away folders that were made for what didn't come, from the innermost outwards. */
function removeEmpty(innermost: string, outermost: string): void {
  for (let folder = innermost; folder.startsWith(outermost); folder = dirname(folder)) rmdirSync(folder);
}

function refuse(outDir: string, why: string, cause?: unknown): never {
  throw new TransformError('REVIVE_BAD_OUTPUT', `The output folder ${outDir} ${why}`, { cause });
}
