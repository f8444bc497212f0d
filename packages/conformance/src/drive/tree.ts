import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
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

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}
