/** What has to hold of a mutated package: it is refused in words, or it does what it did. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { transform } from 'wasm-revive/transform';
import { treeOf } from '../drive/tree.ts';
import type { Files } from './apply.ts';
import { LIMITS } from './limits.ts';
import type { Seen } from './see.ts';

/** What became of one. */
export type Verdict =
  /** In words, the folder unchanged. */
  | { readonly is: 'refused'; readonly code: string }
  /** `loads`: the untransformed package can be loaded, so that the two were compared. */
  | { readonly is: 'accepted'; readonly loads: boolean }
  | { readonly is: 'wrong'; readonly what: string };

/** @param spoil done to what was transformed, to see that it is noticed */
export async function judge(files: Files, target: string, spoil?: (dir: string) => void): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-mutant-'));
  try {
    const [plain, ours] = [join(folder, 'plain'), join(folder, 'ours')];
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(plain, path)), { recursive: true });
      writeFileSync(join(plain, path), bytes);
    }
    cpSync(plain, ours, { recursive: true });
    const refused = refusal(ours, plain);
    if (refused) return refused;
    spoil?.(ours);
    return compare(...(await Promise.all([look(plain, target), look(ours, target)])));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function refusal(dir: string, same: string): Verdict | undefined {
  try {
    transform({ dir });
    return undefined;
  } catch (error) {
    const { name, code, message } = error as { name?: string; code?: string; message?: string };
    if (name !== 'TransformError' || !code?.startsWith('REVIVE_') || !message) {
      return { is: 'wrong', what: `it is refused without words: ${error instanceof Error ? error.stack : String(error)}` };
    }
    if (code === 'REVIVE_FAULT') return { is: 'wrong', what: `the transform itself failed: ${message}` };
    if (JSON.stringify(treeOf(dir)) !== JSON.stringify(treeOf(same)))
      return { is: 'wrong', what: `it is refused (${code}), and the folder has changed` };
    return { is: 'refused', code };
  }
}

/** Loads a package in a thread of its own, which is ended when it takes too long. */
async function look(dir: string, target: string): Promise<Seen> {
  const worker = new Worker(new URL('./mutant-worker.js', import.meta.url), { workerData: { dir, target }, stderr: true, stdout: true });
  let timer: NodeJS.Timeout | undefined;
  const seen = await new Promise<Seen>((resolve) => {
    timer = setTimeout(() => resolve({ ended: 'it hangs' }), LIMITS.hangsAfterMs);
    worker.once('message', resolve);
    worker.once('error', (error) => resolve({ ended: String(error) }));
    worker.once('exit', () => resolve({ ended: 'it has ended the process' }));
  });
  clearTimeout(timer);
  await worker.terminate();
  return seen;
}

function compare(plain: Seen, ours: Seen): Verdict {
  if ('ended' in plain) {
    const breaks = 'ended' in ours && /SyntaxError/.test(ours.ended) && !/SyntaxError/.test(plain.ended);
    return breaks
      ? { is: 'wrong', what: `what is emitted can't be parsed: ${ours.ended}; before: ${plain.ended}` }
      : { is: 'accepted', loads: false };
  }
  if ('ended' in ours) return { is: 'wrong', what: `it was accepted, and can't be loaded any more: ${ours.ended}` };
  let fails = false;
  for (const [use, before] of Object.entries(plain.uses)) {
    const uncaught = plain.uncaught[use] ?? [];
    // From here on the untransformed package is poisoned, and what it says means nothing. (A trap in a promise that nobody looks at is one.)
    if (POISONED.test(before) || uncaught.some((error) => POISONED.test(`threw ${error}`))) return { is: 'accepted', loads: true };
    fails ||= uncaught.length > 0;
    // Engines quote what was called in their errors. What a method does is emitted as a function whose first parameter is the object.
    const after = ours.uses[use]?.replaceAll('$this.', 'this.');
    if (after === before) continue;
    // It has failed where nobody was told, and went on: ours says so.
    if (fails) return { is: 'accepted', loads: true };
    return { is: 'wrong', what: `it was accepted, and "${use}" gives\n    ${after}\n  in place of\n    ${before}` };
  }
  if (plain.aborts && ours.recovers !== 'yes') return { is: 'wrong', what: `it was accepted, and does not recover: ${ours.recovers}` };
  return { is: 'accepted', loads: true };
}

/** A trap, and what upstream's own guards say after one. */
const POISONED = /^threw (?:RuntimeError|RangeError RangeError: Maximum|Error Error: Module terminated)/;
