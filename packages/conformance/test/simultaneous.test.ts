/** Two runs on one folder at the same time: one of them does all of it, and the other one says why it does not. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
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
const WAYS: readonly [string, () => Run | Promise<Run>][] = [
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

/** The same, in a folder that a run was killed in. */
const AFTER_A_KILL: (typeof WAYS)[number] = [
  'in place, where a run has been killed',
  async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
    const args = ['transform', dir];
    await (await startAndStop(args)).end('SIGKILL');
    expect(readdirSync(dir)).toContain('wasm-revive-staging');
    return { args, result: dir };
  },
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

/** Starts a run that stops by itself, to be continued or killed. */
async function startAndStop(args: readonly string[]): Promise<{ end(signal: 'SIGCONT' | 'SIGKILL'): Promise<number | null> }> {
  const child = spawn(RUNNING_NODE.binary, ['--import', STOPS, needed(cli, 'The command line has not been built'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return {
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

async function expectToWork(dir: string): Promise<void> {
  const { stdout } = await runProgram(RUNNING_NODE.binary, [join(programs, 'load-child.js'), 'nodejs', dir]);
  expect(JSON.parse(stdout)).toEqual([null]);
}

/** Preloaded: a build that is still at work writes the glue once more, when the package has been read. */
const builds = (file: string): string =>
  `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { mkdirSync } = fs;
  fs.mkdirSync = (...args) => {
    fs.mkdirSync = mkdirSync;
    syncBuiltinESMExports();
    fs.appendFileSync(${JSON.stringify(file)}, '// built anew');
    return mkdirSync(...args);
  };
  syncBuiltinESMExports();
`)}`;

it.each(['in place', 'elsewhere'])('a package that is built while it is read is refused: %s', async (where) => {
  const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
  const file = join(dir, 'wasm_revive_fixtures.js');
  const before = treeOf(dirname(dir));
  const elsewhere = where === 'elsewhere' ? ['--out-dir', join(dirname(dir), 'out')] : [];
  const { ended, stderr } = await runCli(['transform', dir, ...elsewhere], ['--import', builds(file)]);
  expect(ended).toMatch(/^exit code 1/);
  expect(stderr).toMatch(BUSY);
  expect(treeOf(dirname(dir))).toEqual({
    ...before,
    'pkg/wasm_revive_fixtures.js': expect.not.stringMatching(before['pkg/wasm_revive_fixtures.js'] ?? ''),
  });
  expect((await runCli(['transform', dir, ...elsewhere])).ended).toBeUndefined();
});

const BUSY = /^error REVIVE_BUSY: .*(another run|was changed while).*Wait until/;

it.each(WAYS)('a run that finds another one at work is refused at once, and changes nothing: %s', async (_name, prepare) => {
  const { args, result } = await prepare();
  const around = dirname(result);
  const first = await startAndStop(args);
  const before = exactTree(around);
  const { ended, stderr } = await runCli(args);
  expect(ended).toMatch(/^exit code 1/);
  expect(stderr).toMatch(BUSY);
  expect(exactTree(around)).toEqual(before);
  expect(await first.end('SIGCONT')).toBe(0);
  await expectToWork(result);
  expect(readdirSync(around).filter((name) => name.includes('staging'))).toEqual([]);
});

// `WASM_REVIVE_SOAK` says for how many minutes more is done than in every run.
const rounds = process.env.WASM_REVIVE_SOAK === undefined ? 1 : 20 * Number(process.env.WASM_REVIVE_SOAK);

it.each([...WAYS, AFTER_A_KILL])(
  `two runs that are started together, ${rounds} time(s), each end well or are refused, and the package works: %s`,
  async (_name, prepare) => {
    const alone = await prepare();
    expect((await runCli(alone.args)).ended).toBeUndefined();
    const whole = treeOf(alone.result);
    for (let round = 0; round < rounds; round++) {
      const { args, result } = await prepare();
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
