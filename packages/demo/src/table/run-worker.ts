import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job, Message } from './messages.ts';

/** A worker that says nothing for this long is stuck in a loop. */
const SILENCE_MS = 60_000;

/** Runs a job in a process of its own. Resolves when that has ended: with why, if it died. */
export function runWorker(job: Job, hear: (message: Message) => void): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    // Beside this file in `dist`.
    const child = spawn(process.execPath, [fileURLToPath(new URL('worker.js', import.meta.url))], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    let stuck = false;
    const stop = (): void => {
      stuck = true;
      child.kill('SIGKILL');
    };
    let silence = setTimeout(stop, SILENCE_MS);
    child.on('error', reject);
    // A worker that dies before it has read its job says why below.
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(job));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-20_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_MS);
      hear(JSON.parse(line) as Message);
    });
    child.on('close', (code, signal) => {
      clearTimeout(silence);
      resolve(code === 0 ? undefined : whyDied(stuck, said, signal ?? `exit code ${code}`));
    });
  });
}

function whyDied(stuck: boolean, said: string, how: string): string {
  if (stuck) return `stuck for ${SILENCE_MS / 1000} s`;
  // Node prints the source line, the error and its stack; the error is what starts with a name and a colon.
  const error = said.split('\n').find((line) => /^(Uncaught )?[A-Za-z.]*(Error|Exception)\b/.test(line));
  return error?.trim() ?? said.trim().split('\n').at(-1) ?? how;
}
