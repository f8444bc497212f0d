/** Two runs on one folder at the same time: one of them does all of it, and the other one says why it does not. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { exactTree, runCli, testFolders, treeOf } from '../src/drive/folders.ts';
import { cli, needed, programs, RUNNING_NODE, upstreamPackage } from '../src/drive/paths.ts';
import { runProgram } from '../src/drive/run-in-node.ts';

const folders = testFolders();

/** A run to be made, twice, and where its result is. */
interface Run {
  readonly args: readonly string[];
  readonly result: string;
}

/** Ways to run it, each with the folders that it needs. */
const WAYS: readonly [string, () => Run][] = [
  [
    'in place',
    () => {
      const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
      return { args: ['transform', dir], result: dir };
    },
  ],
  ['elsewhere', () => elsewhere(join(folders.empty(), 'out'))],
  [
    'over the output of another build',
    () => {
      const out = join(folders.empty(), 'out');
      transform({ dir: upstreamPackage('unwind', 'nodejs'), outDir: out });
      return elsewhere(out);
    },
  ],
];

function elsewhere(out: string): Run {
  return { args: ['transform', folders.copyOf(upstreamPackage('abort', 'nodejs')), '--out-dir', out], result: out };
}

/** Preloaded: stops the process before the first file is renamed, which is when all is staged and nothing is in place. */
const STOPS = `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { renameSync } = fs;
  fs.renameSync = (...args) => {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
    fs.writeSync(1, 'stopped');
    process.kill(process.pid, 'SIGSTOP');
    return renameSync(...args);
  };
  syncBuiltinESMExports();
`)}`;

/** Starts a run that stops by itself, to be continued. */
async function startAndStop(args: readonly string[]): Promise<{ goOn(): Promise<number | null> }> {
  const child = spawn(RUNNING_NODE.binary, ['--import', STOPS, needed(cli, 'The command line has not been built'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return {
    goOn() {
      child.kill('SIGCONT');
      return ended;
    },
  };
}

async function expectToWork(dir: string): Promise<void> {
  const { stdout } = await runProgram(RUNNING_NODE.binary, [join(programs, 'load-child.js'), 'nodejs', dir]);
  expect(JSON.parse(stdout)).toEqual([null]);
}

const BUSY = /^error REVIVE_BUSY: .*(another run|was changed while).*Wait until/;

describe.each(WAYS)('%s', (_name, prepare) => {
  it('a run that finds another one at work is refused at once, and changes nothing', async () => {
    const { args, result } = prepare();
    const around = dirname(result);
    const first = await startAndStop(args);
    const before = exactTree(around);
    const { ended, stderr } = await runCli(args);
    expect(ended).toMatch(/^exit code 1/);
    expect(stderr).toMatch(BUSY);
    expect(exactTree(around)).toEqual(before);
    expect(await first.goOn()).toBe(0);
    await expectToWork(result);
    expect(readdirSync(around).filter((name) => name.includes('staging'))).toEqual([]);
  });

  // `WASM_REVIVE_SOAK` says for how many minutes more is done than in every run.
  const rounds = process.env.WASM_REVIVE_SOAK === undefined ? 1 : 20 * Number(process.env.WASM_REVIVE_SOAK);

  it(
    `two runs that are started together, ${rounds} time(s): each ends well or is refused, and the package works`,
    async () => {
      const alone = prepare();
      expect((await runCli(alone.args)).ended).toBeUndefined();
      const whole = treeOf(alone.result);
      for (let round = 0; round < rounds; round++) {
        const { args, result } = prepare();
        const both = await Promise.all([runCli(args), runCli(args)]);
        const refused = both.filter(({ ended }) => ended !== undefined);
        expect(refused.length).toBeLessThan(2);
        // One that was started too late to meet the other finds that all is done.
        for (const { stderr } of refused) if (!/^error REVIVE_ALREADY_TRANSFORMED: /.test(stderr)) expect(stderr).toMatch(BUSY);
        expect(treeOf(result)).toEqual(whole);
        expect(readdirSync(dirname(result)).filter((name) => name.includes('staging'))).toEqual([]);
        await expectToWork(result);
      }
    },
    60_000 + rounds * 10_000,
  );
});
