import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { contentHash } from '../../../../scripts/lib/content-hash.mjs';
import { root } from '../../../../scripts/lib/paths.mjs';
import { UserError } from '../../../../scripts/lib/user-error.mjs';

/**
 * What came of transforming a folder.
 *
 * @typedef {{ kind: 'done', ms: number } | { kind: 'refused', code: string, message: string } | { kind: 'wrong', message: string }} TransformOutcome
 *   refused: it said no, in its own words, and left the folder alone; wrong: it broke one of its own promises
 * @typedef {{ name: string, isIdentity: boolean, apply: (dir: string) => Promise<TransformOutcome> }} TransformStep
 */

/**
 * The transform to measure.
 *
 * @param {string} how `library`, `rollback` (the same with turns that can be undone), `cli`, `identity`, or a command line with `{dir}`
 * @returns {Promise<TransformStep>}
 */
export async function transformStep(how) {
  if (how === 'identity') return { name: how, isIdentity: true, apply: async () => ({ kind: 'done', ms: 0 }) };
  const isOwn = how === 'library' || how === 'rollback' || how === 'cli';
  const once =
    how === 'library' || how === 'rollback'
      ? await library(how === 'rollback' ? how : undefined)
      : command(how === 'cli' ? `${process.execPath} ${cliPath()} transform {dir}` : how);
  return { name: how, isIdentity: false, apply: (dir) => applyChecked(once, dir, isOwn) };
}

/** @typedef {(dir: string) => Promise<{ code: string, message: string } | undefined>} Once transforms in place; the refusal, if any */

/**
 * Applies the transform and checks what it promises of every folder: a refusal has a code and leaves the folder as it was, a second run
 * changes nothing.
 *
 * @param {Once} once
 * @param {string} dir
 * @param {boolean} isOwn whether refusals have codes of ours
 * @returns {Promise<TransformOutcome>}
 */
async function applyChecked(once, dir, isOwn) {
  const before = contentHash(dir, [dir]);
  const started = performance.now();
  const refusal = await once(dir);
  const ms = performance.now() - started;
  const after = contentHash(dir, [dir]);
  if (refusal) {
    if (isOwn && !refusal.code.startsWith('REVIVE_')) return { kind: 'wrong', message: `crashed: ${refusal.message}` };
    if (after !== before) return { kind: 'wrong', message: `refused (${refusal.code}) but changed the folder` };
    return { kind: 'refused', ...refusal };
  }
  if (after === before) return { kind: 'wrong', message: 'reported success but changed nothing' };
  const second = await once(dir);
  if (second && second.code !== 'REVIVE_ALREADY_TRANSFORMED')
    return { kind: 'wrong', message: `the second run failed: ${second.code} ${second.message}` };
  if (contentHash(dir, [dir]) !== after) return { kind: 'wrong', message: 'the second run changed the folder again' };
  return { kind: 'done', ms };
}

/**
 * @param {'rollback' | undefined} recovery
 * @returns {Promise<Once>}
 */
async function library(recovery) {
  const entry = path.join(root, 'packages/wasm-revive/dist/transform.js');
  if (!fs.existsSync(entry))
    throw new UserError(`${entry} is not built. \`npm run build\` builds it; or measure the scripts alone with --transform identity.`);
  const { transform } = await import(entry);
  return async (dir) => {
    try {
      await transform({ dir, recovery });
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const code = 'code' in error ? String(error.code) : '';
      // Without a code of ours it's a crash: its stack says where.
      return code.startsWith('REVIVE_')
        ? { code, message: error.message }
        : { code, message: `${error.message} ${String(error.stack?.split('\n')[1]).trim()}` };
    }
  };
}

/**
 * @param {string} line
 * @returns {Once}
 */
function command(line) {
  if (!line.includes('{dir}')) throw new UserError(`--transform "${line}" has no {dir} to replace.`);
  return async (dir) => {
    const [program, ...args] = line.split(' ').map((word) => word.replaceAll('{dir}', dir));
    const result = spawnSync(/** @type {string} */ (program), args, { encoding: 'utf8' });
    if (result.error) throw new UserError(`Could not start ${program}: ${result.error.message}`);
    if (result.status === 0) return undefined;
    const message = `${result.stderr}${result.stdout}`.trim();
    return { code: /\bREVIVE_[A-Z_]+\b/.exec(message)?.[0] ?? `exit code ${result.status}`, message };
  };
}

function cliPath() {
  return path.join(root, 'packages/wasm-revive/dist/cli.js');
}
