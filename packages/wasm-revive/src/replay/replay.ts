import { fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReplayError } from './errors.js';
import type { Outcome, ReplayTask } from './outcome.js';
import type { ReplayableCapsule } from './read-capsule.js';

const WASM = '_bg.wasm';

/**
 * Makes the call of a capsule again, in a process of its own.
 * @param dir the transformed package
 * @param timeoutMs how long it may take
 * @throws ReplayError where the call can't be made
 */
export async function replay({ module, path, args, build, image }: ReplayableCapsule, dir: string, timeoutMs: number): Promise<Outcome> {
  const outcome = await run({ ...filesOf(dir, module), path, args, build, image }, timeoutMs);
  if (outcome.kind === 'refused') throw new ReplayError(outcome.code, outcome.message);
  return outcome;
}

/** @param module the one that failed, of several that a folder may have */
function filesOf(dir: string, module: string): Pick<ReplayTask, 'entry' | 'wasm'> {
  const bad = (why: string, cause?: unknown) =>
    new ReplayError('REVIVE_BAD_PACKAGE', `${dir} ${why}. Give the folder that \`wasm-revive transform\` has written.`, { cause });
  let files: string[];
  try {
    files = readdirSync(dir);
  } catch (error) {
    throw bad(`can't be read (${(error as Error).message})`, error);
  }
  const names = files.filter((file) => file.endsWith(WASM)).map((file) => file.slice(0, -WASM.length));
  const name = names.length === 1 ? names[0] : names.find((one) => one === module);
  if (name === undefined)
    throw bad(`has ${names.length} files that end in ${WASM}${names.length === 0 ? '' : `, and none is that of ${module}`}`);
  const ending = ['.js', '.mjs', '.cjs'].find((one) => files.includes(`${name}${one}`)) ?? '.js';
  return { wasm: resolve(dir, `${name}${WASM}`), entry: join(resolve(dir), `${name}${ending}`) };
}

async function run(task: ReplayTask, timeoutMs: number): Promise<Outcome> {
  const program = fileURLToPath(new URL('replay-child.js', import.meta.url));
  if (!existsSync(program)) {
    throw new ReplayError(
      'REVIVE_BROKEN_INSTALLATION',
      `${program}, a file of wasm-revive itself, is missing. Install wasm-revive again; in a checkout of it, run \`npm run setup\` and \`npm run build\`.`,
    );
  }
  const child = fork(program, {
    // What the program prints is not what this command has to say.
    stdio: ['pipe', 2, 2, 'ipc'],
    serialization: 'json',
  });
  return new Promise((done) => {
    let outcome: Outcome | undefined;
    const timer = setTimeout(() => {
      outcome = { kind: 'hung' };
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('message', (said) => {
      outcome ??= said as Outcome;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done(outcome ?? { kind: 'died', how: signal === null ? `it ended with the code ${code}` : `it was ended by ${signal}` });
    });
    child.on('error', (error) => {
      outcome ??= { kind: 'died', how: error.message };
    });
    // A process that has ended takes nothing any more.
    child.stdin?.on('error', () => {});
    child.stdin?.end(JSON.stringify(task));
  });
}
