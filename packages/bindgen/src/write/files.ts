/** The files of a package, none of which is trusted to be one: a named pipe would be read for ever, a link can lead in a circle. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, type Stats, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { TransformError } from '../errors.js';
import { entryAt, kindOf } from './staging.js';

/** Engines compile no larger modules; glue is far below. */
const MAX_BYTES = 2 ** 30;

/** Reads a file; undefined where nothing is. @throws TransformError `REVIVE_BAD_FILE` */
export function readFile(path: string): Buffer | undefined {
  const entry = leadsTo(path);
  if (entry === undefined) return undefined;
  if (!entry.isFile()) refuse(path, `is ${kindOf(entry)}, where the package has a file`);
  if (entry.size > MAX_BYTES) refuse(path, `has ${entry.size} bytes, more than ${MAX_BYTES}`);
  return readFileSync(path);
}

/** What is at the end of a link. @throws TransformError `REVIVE_BAD_FILE` where that is nothing */
function leadsTo(path: string): Stats | undefined {
  const entry = entryAt(path);
  if (!entry?.isSymbolicLink()) return entry;
  try {
    return statSync(path);
  } catch (cause) {
    return refuse(path, 'is a link that leads nowhere, or in a circle', cause);
  }
}

function refuse(path: string, what: string, cause?: unknown): never {
  throw new TransformError('REVIVE_BAD_FILE', `${path} ${what}; nothing was changed. Take it away, or build the package again.`, { cause });
}

/** Something in a folder, by its path in it. A link to a file is a file; one to a folder is not followed. */
export type Entry = { readonly path: string } & (
  | { readonly kind: 'file' | 'folder' }
  | { readonly kind: 'link' /** What it leads to, as it has to be written in a copy of the folder. */; readonly to: string }
);

/** All that is in a folder, each folder before what is in it. @throws TransformError `REVIVE_BAD_FILE` for what can't be copied */
export function listFiles(root: string): Entry[] {
  const entries: Entry[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = join(folder, name);
      const entry = entryOf(root, path);
      entries.push(entry);
      if (entry.kind === 'folder') folders.push(path);
    }
  }
  return entries;
}

function entryOf(root: string, path: string): Entry {
  const full = join(root, path);
  const entry = leadsTo(full);
  if (entry === undefined) return refuse(full, 'has a name that is not UTF-8, or has gone meanwhile');
  if (entry.isFile()) return { path, kind: 'file' };
  if (!entry.isDirectory()) return refuse(full, `is ${kindOf(entry)}, which can't be copied`);
  if (!entryAt(full)?.isSymbolicLink()) return { path, kind: 'folder' };
  const [real, target] = [realpathSync(root), realpathSync(full)];
  const inside = target === real || target.startsWith(real + sep);
  return { path, kind: 'link', to: inside ? relative(dirname(join(real, path)), target) || '.' : target };
}

/** Copies one of the entries of {@link listFiles}. */
export function copyEntry(root: string, entry: Entry, to: string): void {
  const target = join(to, entry.path);
  if (entry.kind === 'folder') mkdirSync(target);
  else if (entry.kind === 'link') symlinkSync(entry.to, target, 'dir');
  else {
    copyFileSync(join(root, entry.path), target);
    // The next output is to replace it, whatever the original allows.
    const { mode } = statSync(target);
    if ((mode & 0o200) === 0) chmodSync(target, mode | 0o200);
  }
}
