/** Tests of chance that `npm run soak` runs for longer than `npm test` does, each in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './paths.ts';

/** Each by its package, its file and what its name begins with. They read `WASM_REVIVE_SOAK`, the minutes that they have, and `CONFORMANCE_SEED`. */
export const LONGER: Readonly<Record<string, readonly [folder: string, file: string, name: string]>> = {
  folders: ['conformance', 'test/hostile-folders.test.ts', 'hostile names and folders'],
  kills: ['conformance', 'test/interrupted.test.ts', 'killed from outside'],
  'two-runs': ['conformance', 'test/simultaneous.test.ts', 'two runs that are started together'],
  rollback: ['wasm-revive', 'test/rollback/faults.test.ts', 'random turns that fail at random places'],
};

/** Runs one of {@link LONGER}. Gives what Vitest says of it where it fails. */
export async function runLonger(which: string, minutes: number, seed: number): Promise<string | undefined> {
  const [folder = '', file = '', name = ''] = LONGER[which] ?? [];
  const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', file, '-t', `^${name}`, '--reporter=dot'], {
    cwd: join(root, 'packages', folder),
    env: { ...process.env, WASM_REVIVE_SOAK: String(minutes), CONFORMANCE_SEED: String(seed), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-10_000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // A name that no test has would be passed over in silence.
  if (code === 0 && /\b[1-9]\d* passed\b/.test(said)) return undefined;
  return `${said}\nRepeat it with: npm run soak -- --only ${which} --seed ${seed}\n`;
}
