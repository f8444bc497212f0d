/** The command line on good input: in place, elsewhere, again; with the runtime beside the output, and imported. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli, testFolders, treeOf } from '../src/drive/folders.ts';
import { cli, needed, nodeVersion, otherNodeMajors, programs, RUNNING_NODE, TARGETS, upstreamPackage } from '../src/drive/paths.ts';
import { canLoad, nodeFlags, runInNode, runProgram } from '../src/drive/run-in-node.ts';
import { failing } from '../src/drive/table-tests.ts';
import { withCustomSection } from '../src/drive/wasm-bytes.ts';
import type { Target } from '../src/hosts/node.ts';

const folders = testFolders();

function nodeFor(target: Target) {
  return canLoad(RUNNING_NODE, target) ? RUNNING_NODE : nodeVersion(Math.max(...otherNodeMajors()));
}

/** That the package in this folder loads and recovers. */
async function expectRevives(dir: string, target: Target): Promise<void> {
  const { results, ended } = await runInNode(nodeFor(target), dir, target, 'abort', ['no failure via function', 'abort via function']);
  expect(ended).toBeUndefined();
  expect(results.map(({ checks }) => failing(checks))).toEqual(['', '']);
}

describe.each(TARGETS)('%s', (target) => {
  it('in place: every file that was there is there, and the package recovers', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    const before = treeOf(dir);
    const { ended, stdout } = await runCli(['transform', dir]);
    expect(ended).toBeUndefined();
    expect(stdout).toMatch(/wasm_revive_fixtures/);
    const after = treeOf(dir);
    expect(Object.keys(before).filter((path) => !(path in after))).toEqual([]);
    expect(Object.keys(after).filter((path) => /staging|tmp/.test(path))).toEqual([]);
    await expectRevives(dir, target);
  });

  it('elsewhere: the same files as in place, and the original untouched', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    const before = treeOf(dir);
    const out = join(dirname(dir), 'deep', 'er', 'out');
    expect((await runCli(['transform', dir, '--out-dir', out])).ended).toBeUndefined();
    expect(treeOf(dir)).toEqual(before);
    const elsewhere = treeOf(out);
    expect((await runCli(['transform', dir])).ended).toBeUndefined();
    expect(elsewhere).toEqual(treeOf(dir));
    await expectRevives(out, target);
  });

  it('elsewhere, again: nothing changes', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    const out = join(dirname(dir), 'out');
    expect((await runCli(['transform', dir, '--out-dir', out])).ended).toBeUndefined();
    const first = treeOf(out);
    expect((await runCli(['transform', dir, '--out-dir', out])).ended).toBeUndefined();
    expect(treeOf(out)).toEqual(first);
  });

  it('with the runtime imported: it comes from the installed package', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    expect((await runCli(['transform', dir, '--runtime', 'import'])).ended).toBeUndefined();
    expect(Object.keys(treeOf(dir)).filter((path) => /^wasm-revive\./.test(path))).toEqual([]);
    const modules = join(dirname(dir), 'node_modules');
    mkdirSync(modules);
    symlinkSync(fileURLToPath(new URL('../../wasm-revive', import.meta.url)), join(modules, 'wasm-revive'));
    await expectRevives(dir, target);
  });

  it('from the folder that it is called in', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    expect((await runCli(['transform', '.'], [], dir)).ended).toBeUndefined();
    await expectRevives(dir, target);
  });

  it.each([
    ['speaks another ABI', 'wasm-revive-abort-detector 7.8.9 999'],
    ['is not within the caret range of its package', 'wasm-revive-abort-detector 7.8.9 1'],
  ])('I9 plain errors › a module of a crate that %s is refused when it is loaded', async (_, record) => {
    const dir = folders.copyOf(upstreamPackage('abort', target));
    const wasm = join(dir, 'wasm_revive_fixtures_bg.wasm');
    writeFileSync(wasm, withCustomSection(readFileSync(wasm), 'wasm_revive', `${record}\n`));
    await runCli(['transform', dir]);
    const node = nodeFor(target);
    const program = needed(join(programs, 'behaviour-child.js'), 'The programs have not been built');
    const { ended } = await runProgram(node.binary, [...nodeFlags(node, target), program, dir, target]);
    expect(ended).toMatch(/REVIVE_VERSION_MISMATCH/);
    expect(ended).toMatch(/wasm-revive-abort-detector 7\.8\.9/);
    expect(ended).toMatch(/cargo update|npm install/);
  });
});

describe('output with upstream’s own reset', () => {
  it.each(['web-reset', 'nodejs-reset', 'module-reset'] as const)('%s: it is transformed like any other', async (variant) => {
    const dir = folders.copyOf(upstreamPackage('abort', variant));
    expect((await runCli(['transform', dir])).ended).toBeUndefined();
    await expectRevives(dir, variant.replace('-reset', '') as Target);
  });
});

const REPORT = {
  ...{ version: 1, fingerprint: 'f', module: 'app', generation: 1, memoryBytes: 1, uptimeMs: 1, callsLost: 0, recovery: 'fresh', at: 1 },
  failure: { kind: 'aborted', cause: 'unreachable', trap: { name: 'RuntimeError', message: 'unreachable' }, frames: [] },
};

describe('I9 plain errors › a fault of the command line itself', () => {
  const breaks = "Object.defineProperty(process.stdout, 'isTTY', { get() { throw new TypeError('broken\\non purpose'); } });";
  const preloaded = (code: string): string[] => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];

  it('is told as one, with what to do, and without a stack', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
    const { ended, stderr } = await runCli(['transform', dir], preloaded(breaks));
    expect(ended).toMatch(/^exit code 1/);
    expect(stderr.trimEnd()).toMatch(
      /^error: wasm-revive itself failed \(TypeError: broken on purpose\)\. .*Please report it at https:.*$/,
    );
    expect(stderr).toContain('WASM_REVIVE_DEBUG=1');
  });

  it('with its stack, where that is asked for', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
    const { stderr } = await runCli(['transform', dir], preloaded(`process.env.WASM_REVIVE_DEBUG = '1'; ${breaks}`));
    expect(stderr).toMatch(/Please report it at[^\n]*\nTypeError: broken\non purpose\n +at /);
    const ours = await runCli(['transform', join(dir, 'nowhere')], preloaded("process.env.WASM_REVIVE_DEBUG = '1';"));
    expect(ours.stderr).toMatch(/^error REVIVE_NOT_A_FOLDER: [^\n]*\nTransformError: [^\n]*\n +at /);
  });

  it('is told so where nobody could catch it, too', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
    const { ended, stderr } = await runCli(
      ['transform', dir],
      preloaded("process.once('beforeExit', () => { throw new Error('late'); });"),
    );
    expect(ended).toMatch(/^exit code 1/);
    expect(stderr.trimEnd()).toMatch(/^error: wasm-revive itself failed \(Error: late\)\. .*$/);
  });

  it('is none where the reader of its output stops early', async () => {
    const report = join(folders.empty(), 'report.json');
    writeFileSync(report, JSON.stringify(REPORT));
    const command = [needed(cli, 'The command line has not been built'), 'symbolicate', report];
    const child = spawn(RUNNING_NODE.binary, command, { stdio: 'pipe' });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(said).toBe('');
  });
});
