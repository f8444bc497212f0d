import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every path in a folder with a hash of what is there, so that two states of it can be compared. */
export function treeOf(dir: string): Record<string, string> {
  if (!statSync(dir).isDirectory()) return { '.': hashOf(dir) };
  const tree: Record<string, string> = {};
  for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    const full = join(dir, path);
    tree[path] = statSync(full).isDirectory() ? 'folder' : hashOf(full);
  }
  return tree;
}

/**
 * The same for folders in which anything may be: links are not followed, named pipes not read. With modes, so that a file that was replaced by
 * a copy with other rights is another one.
 */
export function exactTree(dir: string): Record<string, string> {
  const tree: Record<string, string> = {};
  // Note: Node.js 20 lists what is behind links, too, with `recursive`.
  const paths = [''];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const full = join(dir, path);
    const entry = lstatSync(full);
    const what = entry.isFile() ? hashOf(full) : entry.isSymbolicLink() ? `link to ${readlinkSync(full)}` : 'no file';
    tree[path] = `${entry.mode.toString(8)} ${what}`;
    if (entry.isDirectory()) for (const name of readdirSync(full)) paths.push(join(path, name));
  }
  return tree;
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}
