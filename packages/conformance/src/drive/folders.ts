import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { cli, needed, RUNNING_NODE } from './paths.ts';
import { runProgram } from './run-in-node.ts';

export { exactTree, treeOf } from './tree.ts';

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
  // Note: some tests make hundreds of them, and a busy machine takes its time over that.
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }, 120_000);
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
