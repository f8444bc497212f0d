import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { cli, needed, RUNNING_NODE } from './paths.ts';
import { runProgram } from './run-in-node.ts';

/** What the command line said, and how it ended. */
export interface CliRun {
  readonly ended: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `wasm-revive` as a user does. @param nodeArgs for Node.js itself */
export function runCli(args: readonly string[], nodeArgs: readonly string[] = [], cwd?: string): Promise<CliRun> {
  return runProgram(RUNNING_NODE.binary, [...nodeArgs, needed(cli, 'The command line has not been built'), ...args], cwd);
}

/** Folders for one test each, gone after it. */
export function testFolders(): { empty(): string; copyOf(dir: string): string } {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const empty = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-test-'));
    folders.push(folder);
    return folder;
  };
  return {
    empty,
    /** A copy, in a folder named `pkg`. */
    copyOf(dir) {
      const copy = join(empty(), 'pkg');
      cpSync(dir, copy, { recursive: true });
      return copy;
    },
  };
}

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
