/** wasm-revive with a file of its own missing: it says so, and doesn't blame the package that it is given. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exactTree, testFolders } from '../src/drive/folders.ts';
import { debugPackage, RUNNING_NODE, root, upstreamPackage } from '../src/drive/paths.ts';
import { runProgram } from '../src/drive/run-in-node.ts';

const folders = testFolders();
const OWN = { 'wasm-revive': 'wasm-revive', '@wasm-revive/bindgen': 'bindgen', '@wasm-revive/symbolicate': 'symbolicate' };

const REPORT = {
  version: 1,
  failure: {
    kind: 'aborted',
    cause: 'unreachable',
    trap: { name: 'RuntimeError', message: 'unreachable' },
    frames: [{ function: '_ZN3app3run17h0123456789abcdefE', index: 1, offset: 1 }],
  },
  fingerprint: '0',
  module: 'app',
  generation: 1,
  memoryBytes: 65536,
  uptimeMs: 1,
  callsLost: 0,
  recovery: 'fresh',
  at: 0,
};

/** An installation of its own: our packages as copies, theirs as links. Gives its `node_modules`. */
function installation(): string {
  const modules = join(folders.empty(), 'node_modules');
  for (const [name, folder] of Object.entries(OWN)) {
    for (const part of ['package.json', 'bin', 'dist', 'generated']) {
      const from = join(root, 'packages', folder, part);
      if (existsSync(from)) cpSync(from, join(modules, name, part), { recursive: true });
    }
  }
  for (const name of [
    '@wasm-revive/entrypoint-shim',
    '@wasm-revive/kernel',
    '@wasm-revive/timeline',
    'commander',
    'listr2',
    'oxc-parser',
    'magic-string',
  ]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  return modules;
}

async function run(modules: string, ...args: string[]): Promise<{ ended: string | undefined; stderr: string }> {
  const { bin } = JSON.parse(readFileSync(join(modules, 'wasm-revive/package.json'), 'utf8')) as { bin: { 'wasm-revive': string } };
  return runProgram(RUNNING_NODE.binary, [join(modules, 'wasm-revive', bin['wasm-revive']), ...args]);
}

describe('I9 plain errors › a file of our own', () => {
  const remove = (path: string): void => rmSync(path);
  const cut = (path: string): void => truncateSync(path, 1000);

  it.each([
    ['the reader of modules is missing', '@wasm-revive/bindgen/generated/transform.wasm', remove],
    ['the reader of modules is cut off', '@wasm-revive/bindgen/generated/transform.wasm', cut],
    ['the runtime is missing', 'wasm-revive/dist/runtime.min.cjs', remove],
  ])('%s: the transform says so, and the package is as it was', async (_what, file, spoil) => {
    const modules = installation();
    const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
    const before = exactTree(dir);
    spoil(join(modules, file));
    const { ended, stderr } = await run(modules, 'transform', dir);
    expect(ended).toMatch(/^exit code 1/);
    expect(stderr).toMatch(/^error REVIVE_BROKEN_INSTALLATION: /);
    expect(stderr).toContain(join(modules, file));
    expect(stderr).toMatch(/Install wasm-revive again.*npm run build/);
    expect(exactTree(dir)).toEqual(before);
  });

  it('the reader of debug information is missing: symbolicate says so', async () => {
    const modules = installation();
    rmSync(join(modules, '@wasm-revive/symbolicate/generated/symbolicate.wasm'));
    const report = join(modules, 'report.json');
    writeFileSync(report, JSON.stringify(REPORT));
    const debug = join(debugPackage('abort'), 'wasm_revive_fixtures_bg.wasm');
    for (const args of [[], ['--debug', debug]]) {
      const { ended, stderr } = await run(modules, 'symbolicate', report, ...args);
      expect(ended).toMatch(/^exit code 1/);
      expect(stderr).toMatch(/^error REVIVE_BROKEN_INSTALLATION: .*symbolicate\.wasm/);
    }
  });

  it('the program that makes a call again is missing: replay says so', async () => {
    const modules = installation();
    rmSync(join(modules, 'wasm-revive/dist/replay-child.js'));
    const capsule = join(modules, 'capsule.json');
    writeFileSync(capsule, JSON.stringify({ version: 1, module: 'app', path: 'run', args: [], report: REPORT }));
    const { ended, stderr } = await run(modules, 'replay', capsule, upstreamPackage('abort', 'nodejs'));
    expect(ended).toMatch(/^exit code 1/);
    expect(stderr).toMatch(/^error REVIVE_BROKEN_INSTALLATION: .*replay-child\.js.*Install wasm-revive again/);
  });

  it.each([true, false])('nothing has been built (in a checkout: %s): the command says what to do', async (checkout) => {
    const modules = installation();
    rmSync(join(modules, 'wasm-revive/dist'), { recursive: true });
    if (checkout) cpSync(join(root, 'packages/wasm-revive/src'), join(modules, 'wasm-revive/src'), { recursive: true });
    const { ended, stderr } = await run(modules, 'transform', 'pkg');
    expect(ended).toMatch(/^exit code 1/);
    expect(stderr).toMatch(checkout ? /npm run setup.*npm run build/ : /Install wasm-revive again/);
    expect(stderr, 'no stack').not.toMatch(/^\s+at /m);
  });
});
