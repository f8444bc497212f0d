/**
 * Writes files into a folder so that an interrupted run leaves it whole: all are staged first, then moved into place, each by an
 * atomic rename. A list of what is staged marks the point of no return; a run that finds one finishes the moves.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TransformError } from './errors.js';

const STAGING = '.wasm-revive-staging';
const LIST = 'staged.json';

/** Finishes or forgets what an interrupted run left behind. */
export function recoverStaging(dir: string): void {
  const staging = join(dir, STAGING);
  if (!existsSync(staging)) return;
  if (existsSync(join(staging, LIST))) moveStaged(dir);
  rmSync(staging, { recursive: true, force: true });
}

/** @throws TransformError `REVIVE_READ_ONLY` */
export function assertWritable(dir: string, files: readonly string[]): void {
  for (const path of [dir, ...files.map((file) => join(dir, file))]) {
    // Note: not access(2), which lets an administrator write what is marked read-only.
    if (existsSync(path) && (statSync(path).mode & 0o222) === 0) refuseReadOnly(path);
  }
  const probe = join(dir, `${STAGING}-probe`);
  try {
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    refuseReadOnly(dir, cause);
  }
}

/** Writes files, given by their path in `dir`, all or none. Those a working package needs most come last. */
export function commit(dir: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  const staging = join(dir, STAGING);
  try {
    mkdirSync(staging, { recursive: true });
    for (const [file, content] of files) {
      mkdirSync(dirname(join(staging, file)), { recursive: true });
      writeFileSync(join(staging, file), content);
    }
    writeFileSync(join(staging, `${LIST}.tmp`), JSON.stringify([...files.keys()]));
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
  renameSync(join(staging, `${LIST}.tmp`), join(staging, LIST));
  moveStaged(dir);
  rmSync(staging, { recursive: true, force: true });
}

function moveStaged(dir: string): void {
  const staging = join(dir, STAGING);
  const files: unknown = JSON.parse(readFileSync(join(staging, LIST), 'utf8'));
  if (!Array.isArray(files)) return;
  for (const file of files) {
    const staged = join(staging, String(file));
    if (existsSync(staged)) renameSync(staged, join(dir, String(file)));
  }
}

function refuseReadOnly(path: string, cause?: unknown): never {
  throw new TransformError(
    'REVIVE_READ_ONLY',
    `${path} can't be written; nothing was changed. Make it writable, or write the result elsewhere with --out-dir.`,
    { cause },
  );
}
