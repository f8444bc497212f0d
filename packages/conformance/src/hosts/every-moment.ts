/**
 * Preloaded into a process (`--import`): before each of its changes to the file system it copies `MOMENTS_OF` to a numbered folder in
 * `MOMENTS_TO`. What is there is what would be there if the process had been killed at that moment; so one run shows every one of them.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const { MOMENTS_OF: watched = '', MOMENTS_TO: target = '' } = process.env;
const { cpSync: copyTree } = fs;
let moments = 0;
let copying = false;

function keep(): void {
  if (copying) return;
  copying = true;
  const moment = join(target, String(moments++).padStart(3, '0'));
  if (fs.existsSync(watched)) copyTree(watched, moment, { recursive: true });
  copying = false;
}

for (const name of [
  'writeFileSync',
  'renameSync',
  'rmSync',
  'mkdirSync',
  'copyFileSync',
  'unlinkSync',
  'rmdirSync',
  'symlinkSync',
  'chmodSync',
] as const) {
  const real = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name](...args: unknown[]) {
      keep();
      return real(...args);
    },
  });
}

// Node's own makes many changes, none of which could be seen.
Object.assign(fs, {
  cpSync(from: string, to: string, options: { filter?: (from: string, to: string) => boolean } = {}) {
    if (options.filter?.(from, to) === false) return;
    if (!fs.statSync(from).isDirectory()) return fs.copyFileSync(from, to);
    fs.mkdirSync(to, { recursive: true });
    for (const file of fs.readdirSync(from)) (fs.cpSync as (...args: unknown[]) => void)(join(from, file), join(to, file), options);
  },
});
syncBuiltinESMExports();
