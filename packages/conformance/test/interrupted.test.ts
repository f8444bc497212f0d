/** A run that is killed: before every change it makes to the disk, and at moments of chance. */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { TransformError, type TransformResult } from '@wasm-revive/bindgen';
import { describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { everyMoment as momentsOf } from '../src/drive/every-moment.ts';
import { runCli, testFolders, treeOf } from '../src/drive/folders.ts';
import { cli, nodeVersion, otherNodeMajors, programs, RUNNING_NODE, TARGETS, upstreamPackage } from '../src/drive/paths.ts';
import { canLoad, nodeFlags, runProgram } from '../src/drive/run-in-node.ts';
import type { Target } from '../src/hosts/node.ts';

const folders = testFolders();

const everyMoment = (watched: string, args: readonly string[]): Promise<string[]> => momentsOf(folders.empty(), watched, args);

/** What is wrong with each of these packages; null for those that load and work. */
async function wrongWith(dirs: readonly string[], target: Target): Promise<(string | null)[]> {
  const node = canLoad(RUNNING_NODE, target) ? RUNNING_NODE : nodeVersion(Math.max(...otherNodeMajors()));
  const { stdout, ended } = await runProgram(node.binary, [...nodeFlags(node, target), join(programs, 'load-child.js'), target, ...dirs]);
  expect(ended).toBeUndefined();
  return JSON.parse(stdout) as (string | null)[];
}

/** The next run; undefined where it finds that there is nothing left to do. */
function runAgain(dir: string, outDir?: string): TransformResult | undefined {
  try {
    return transform({ dir, outDir });
  } catch (error) {
    if (!(error instanceof TransformError) || error.code !== 'REVIVE_ALREADY_TRANSFORMED') throw error;
    return undefined;
  }
}

/**
 * One moment for each state that the next run could find: what is in place, and whether the list of staged files is there. Between
 * them only the staged files differ, which such a run throws away.
 */
function telling(moments: readonly string[]): [number, string][] {
  const byState = new Map<string, [number, string]>();
  for (const [moment, folder] of moments.entries()) {
    const tree = Object.entries(treeOf(folder));
    const staged = tree.some(([path]) => path.endsWith('staged.json'));
    byState.set(`${staged} ${JSON.stringify(tree.filter(([path]) => !/staging/.test(path)))}`, [moment, folder]);
  }
  return [...byState.values()];
}

/** That the folder was there at each moment: those at which it is gone leave no copy. */
function expectNeverGone(moments: readonly string[]): void {
  expect(moments.map((moment) => Number(basename(moment)))).toEqual(moments.map((_, index) => index));
}

/** Whether a main file is one that stands in while the old files and the new ones don't go together: it forwards to the whole new package. */
function forwards(file: string): boolean {
  return file.endsWith('.js') && readFileSync(file, 'utf8').startsWith('export * from "./wasm-revive-staging/package/');
}

const text = (tree: Record<string, string>): string => JSON.stringify(tree);

describe.each(TARGETS)('%s', (target) => {
  it('in place: whenever it is killed, the package works; the next run makes it whole', async () => {
    const original = upstreamPackage('abort', target);
    const dir = folders.copyOf(original);
    const undisturbed = transform({ dir: folders.copyOf(original) });
    const moments = await everyMoment(dir, ['transform', dir]);
    const [before, after] = [treeOf(original), treeOf(dir)];
    expect(moments.length).toBeGreaterThan(5);
    expectNeverGone(moments);
    const wrong = (await wrongWith(moments, target)).flatMap((what, moment) => (what === null ? [] : [`moment ${moment}: ${what}`]));
    for (const [moment, folder] of moments.entries()) {
      const files = Object.entries(treeOf(folder)).filter(([path]) => !/staging/.test(path));
      for (const [path, hash] of files) {
        if (hash === before[path] || hash === after[path] || forwards(join(folder, path))) continue;
        wrong.push(`moment ${moment}: ${path} is neither old nor new`);
      }
      for (const path of Object.keys(before)) if (!files.some(([file]) => file === path)) wrong.push(`moment ${moment}: ${path} is gone`);
    }
    for (const [moment, folder] of telling(moments)) {
      const isHalfDone = Object.keys(treeOf(folder)).some((path) => path.endsWith('staged.json'));
      const result = runAgain(folder);
      if (text(treeOf(folder)) !== text(after)) wrong.push(`moment ${moment}: the next run does not end where an undisturbed one does`);
      // The run that finishes another one has done what it was asked for.
      if (isHalfDone && !isDeepStrictEqual({ ...result, outDir: dir }, { ...undisturbed, outDir: dir }))
        wrong.push(`moment ${moment}: the next run says other things than an undisturbed one does`);
    }
    expect(wrong).toEqual([]);
  });

  it('in place, and built anew after it was killed: it is the new build that is transformed', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    const anew = folders.copyOf(upstreamPackage('unwind', target));
    const moments = telling(await everyMoment(dir, ['transform', dir]));
    for (const [, folder] of moments) {
      cpSync(anew, folder, { recursive: true });
      runAgain(folder);
    }
    runAgain(anew);
    const after = text(treeOf(anew));
    expect(moments.filter(([, folder]) => text(treeOf(folder)) !== after).map(([moment]) => `moment ${moment}`)).toEqual([]);
  });

  it('elsewhere: whenever it is killed, the new folder is whole or not there', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    const before = text(treeOf(dir));
    const parent = folders.empty();
    const moments = await everyMoment(parent, ['transform', dir, '--out-dir', join(parent, 'out')]);
    const after = text(treeOf(join(parent, 'out')));
    expect(text(treeOf(dir))).toBe(before);
    const wrong: string[] = [];
    for (const [moment, folder] of telling(moments)) {
      const out = join(folder, 'out');
      if (readdirSync(folder).includes('out') && text(treeOf(out)) !== after)
        wrong.push(`moment ${moment}: the new folder is there in part`);
      runAgain(dir, out);
      if (text(treeOf(out)) !== after) wrong.push(`moment ${moment}: the next run does not make it whole`);
      const left = readdirSync(folder).filter((name) => name !== 'out');
      if (left.length > 0) wrong.push(`moment ${moment}: the next run leaves ${left.join()} behind`);
    }
    expect(wrong).toEqual([]);
  });

  it('elsewhere, over the output of another build: whenever it is killed, the folder works', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    const out = join(folders.empty(), 'out');
    transform({ dir: upstreamPackage('unwind', target), outDir: out });
    const moments = await everyMoment(out, ['transform', dir, '--out-dir', out]);
    expectNeverGone(moments);
    const after = text(treeOf(out));
    const wrong = (await wrongWith(moments, target)).flatMap((what, moment) => (what === null ? [] : [`moment ${moment}: ${what}`]));
    for (const [moment, folder] of telling(moments)) {
      runAgain(dir, folder);
      if (text(treeOf(folder)) !== after) wrong.push(`moment ${moment}: the next run does not end where an undisturbed one does`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('killed from outside', () => {
  const seed = Number(process.env.CONFORMANCE_SEED ?? Math.floor(Math.random() * 2 ** 31));

  // `WASM_REVIVE_SOAK` says for how many minutes more is done than in every run.
  const kills = process.env.WASM_REVIVE_SOAK === undefined ? 10 : 120 * Number(process.env.WASM_REVIVE_SOAK);

  it(
    `at ${kills} moments of chance, the package works (seed ${seed}; CONFORMANCE_SEED repeats it)`,
    async () => {
      const original = upstreamPackage('abort', 'nodejs');
      const began = performance.now();
      expect((await runCli(['transform', folders.copyOf(original)])).ended).toBeUndefined();
      const whole = performance.now() - began;
      const random = mulberry32(seed);
      const dirs: string[] = [];
      for (let n = 0; n < kills; n++) {
        const dir = folders.copyOf(original);
        // Most of the time goes by before the first change; the second half is where they are.
        await runProgram(RUNNING_NODE.binary, [cli, 'transform', dir], undefined, {}, whole * (1 / 2 + random() / 2));
        dirs.push(dir);
      }
      expect(await wrongWith(dirs, 'nodejs')).toEqual(dirs.map(() => null));
    },
    240_000 + kills * 1000,
  );
});

/** A small generator of random numbers that a seed repeats (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
