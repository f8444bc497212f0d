import { spawn } from 'node:child_process';

const TIME_LIMIT_MS = 60_000;

/**
 * Runs a script in a process of its own.
 *
 * @param {string[]} args
 * @returns {Promise<string>} the end of what it printed, or how it ended
 */
export function runNode(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said = `${said}${text}`.slice(-2000)));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve(signal ? `ended by ${signal}` : `exit code ${code}: ${said.trim().split('\n').at(-1) ?? ''}`),
    );
  });
}
