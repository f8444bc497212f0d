import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process that answers one request at a time. */
export interface WorkerProcess<Request extends object> {
  ask<Answer>(request: Request): Promise<Answer>;
  end(): void;
}

/** Starts one of the workers that are built beside this file. */
export function startWorker<Request extends object>(
  file: 'call-worker.js' | 'workers/clients.js' | 'load-worker.js' | 'recovery-worker.js' | 'rollback-worker.js',
  node: string,
  flags: readonly string[] = [],
): WorkerProcess<Request> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execPath: node,
    execArgv: [...flags],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  return {
    ask: (request) => ask(child, request, () => said),
    end: () => child.disconnect(),
  };
}

function ask<Answer>(child: ChildProcess, request: object, said: () => string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const hear = (answer: unknown): void => {
      child.off('close', died).off('error', reject);
      resolve(answer as Answer);
    };
    const died = (code: number | null, signal: string | null): void => {
      child.off('message', hear);
      reject(new Error(`A measuring process ended (${signal ?? `exit code ${code}`}) on ${JSON.stringify(request)}:\n${said()}`));
    };
    child.once('message', hear).once('close', died).once('error', reject);
    child.send(request);
  });
}

/** In a worker: the event loop's next turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** In a worker: resident memory with the garbage collected, in bytes. */
export async function weigh(): Promise<number> {
  // Finalizers run in turns of their own, and what they let go of is garbage then.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await nextTurn();
  }
  return process.memoryUsage.rss();
}

/** In a worker: answers requests, in order, until the parent disconnects. */
export function answer<Request>(respond: (request: Request) => unknown): void {
  process.on('message', async (request) => {
    process.send?.(await respond(request as Request));
  });
}
