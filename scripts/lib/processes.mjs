import { spawn, spawnSync } from 'node:child_process';
import { UserError } from './user-error.mjs';

/** How much of a failed command's output is shown: tools say what is wrong first or last. */
const HEAD_LINES = 15;
const TAIL_LINES = 40;

/**
 * Runs a command, keeps its output, and fails with the end of that output when the command does.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, onLine?: (line: string) => void }} [options] `onLine` hears
 *   every line of both streams as it comes, for progress
 * @returns {Promise<string>} standard output
 */
export function run(command, args, { cwd, env, timeoutMs, onLine } = {}) {
  return new Promise((resolve, reject) => {
    // Standard input is closed: a tool that would ask a question fails at once instead of waiting for ever.
    const child = spawn(command, args, { cwd, env, timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    const head = [];
    const tail = [];
    let left = 0;
    const listen = (stream, keep) => {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        if (keep) stdout += text;
        const lines = (rest + text).split(/\r?\n|\r/);
        rest = lines.pop() ?? '';
        for (const line of lines) hear(line);
      });
      stream.on('end', () => hear(rest));
    };
    const hear = (line) => {
      if (line.trim() === '') return;
      if (head.length < HEAD_LINES) head.push(line);
      else tail.push(line);
      if (tail.length > TAIL_LINES) {
        tail.shift();
        left++;
      }
      onLine?.(line.trim());
    };
    listen(child.stdout, true);
    listen(child.stderr, false);
    const shown = [command, ...args].join(' ');
    child.on('error', (error) => reject(new UserError(`Could not start \`${shown}\`: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const how = signal
        ? `was ended by ${signal}${timeoutMs ? ` (time limit ${timeoutMs / 1000} s)` : ''}`
        : `failed with exit code ${code}`;
      const output = [...head, ...(left > 0 ? [`… ${left} lines left out …`] : []), ...tail].map((line) => `    ${line}`);
      reject(new UserError(`\`${shown}\` ${how}. Its output:\n\n${output.join('\n')}`));
    });
  });
}

/**
 * Runs a command with this process's own streams.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code
 */
export function runInherited(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * Asks a command something short.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} its trimmed output, or nothing when it is not there or fails
 */
export function ask(command, args, env = process.env) {
  const result = spawnSync(command, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * How to run npm: the one that runs us when there is one, so that versions and settings agree.
 *
 * @returns {{ command: string, args: string[] }}
 */
export function npm() {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js')) return { command: process.execPath, args: [own] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}
