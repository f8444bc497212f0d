/** Runs the suite in a Node.js of some version, in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../hosts/node.ts';
import type { PanicMode } from '../runner/kinds.ts';
import type { RowResult } from '../runner/run.ts';
import { type NodeVersion, needed, programs } from './paths.ts';

/** What a process told before it ended, and how it ended. */
export interface NodeRun {
  readonly results: readonly RowResult[];
  /** Why there are no more results; undefined when all have been told. */
  readonly ended: string | undefined;
}

/** A process that hangs is ended after this; a whole run takes some seconds, on a busy machine a minute. */
const TIME_LIMIT_MS = 480_000;

/**
 * @param what the table with its scenarios, the memory tests, or rows of the table by ID
 * @param leak hold every memory
 */
export async function runInNode(
  node: NodeVersion,
  dir: string,
  target: Target,
  panic: PanicMode,
  what: 'table' | 'flat' | readonly string[] = 'table',
  leak = false,
): Promise<NodeRun> {
  const binary = needed(node.binary, `Node.js ${node.major} has not been installed`);
  return runSuite(binary, [...nodeFlags(node, target), '--expose-gc'], dir, target, panic, what, leak);
}

/** The same in any runtime that takes programs for Node.js. @param flags what the runtime wants before the program */
export async function runSuite(
  binary: string,
  flags: readonly string[],
  dir: string,
  target: Target,
  panic: PanicMode,
  what: 'table' | 'flat' | readonly string[] = 'table',
  leak = false,
): Promise<NodeRun> {
  const program = needed(join(programs, 'node-child.js'), 'The runner has not been built');
  const rows = typeof what === 'string' ? what : JSON.stringify(what);
  const { stdout, ended } = await runProgram(binary, [...flags, program, dir, target, panic, rows, ...(leak ? ['leak'] : [])]);
  const results = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RowResult);
  return { results, ended };
}

/** What this version of Node.js needs to load a package of this target. */
export function nodeFlags({ major }: NodeVersion, target: Target): string[] {
  return ['--no-warnings', ...(target === 'bundler' && major < 24 ? ['--experimental-wasm-modules'] : [])];
}

/** Whether this version of Node.js can load a package of this target at all: `import source` came with Node.js 24. */
export function canLoad({ major }: NodeVersion, target: Target): boolean {
  return target !== 'module' || major >= 24;
}

/** Runs a program, given as text, on a folder. */
export async function runSource(source: string, node: NodeVersion, dir: string, ...options: string[]): ReturnType<typeof runProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-source-'));
  try {
    const file = join(folder, 'source.mjs');
    writeFileSync(file, source);
    return await runProgram(node.binary, [...nodeFlags(node, 'bundler'), file, dir, ...options]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a program to its end. `ended` is undefined when that was a good one.
 * @param env besides this process's own
 * @param killAfterMs to end it at that moment, whatever it is at
 */
export async function runProgram(
  binary: string,
  args: readonly string[],
  cwd?: string,
  env: Readonly<Record<string, string>> = {},
  killAfterMs = TIME_LIMIT_MS,
): Promise<{ stdout: string; stderr: string; ended: string | undefined }> {
  const child = spawn(binary, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const ended = await new Promise<string | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `${signal ?? `exit code ${code}`}: ${stderr.slice(0, 3000)}`));
  });
  clearTimeout(timer);
  return { stdout, stderr, ended };
}
