/** Everything that can't be transformed, through the command line: a code, one paragraph, a bad exit, and the folder untouched. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, testFolders, treeOf } from '../src/drive/folders.ts';
import { cargoModule, upstreamPackage } from '../src/drive/paths.ts';
import { EMPTY_MODULE, LIMITS, withMemoryFlags } from '../src/drive/wasm-bytes.ts';

const folders = testFolders();
const NAME = 'wasm_revive_fixtures';
const wasmOf = (dir: string): string => join(dir, `${NAME}_bg.wasm`);
const glueOf = (dir: string): string => join(dir, `${NAME}.js`);

function editWasm(change: (module: Uint8Array) => Uint8Array): (dir: string) => void {
  return (dir) => writeFileSync(wasmOf(dir), change(readFileSync(wasmOf(dir))));
}

function editGlue(change: (code: string) => string): (dir: string) => void {
  return (dir) => writeFileSync(glueOf(dir), change(readFileSync(glueOf(dir), 'utf8')));
}

/** Puts an empty folder in the place of whatever is there. */
function becomeFolder(path: string): void {
  rmSync(path, { recursive: true });
  mkdirSync(path);
}

/** What is wrong, how a good package is made so, and what has to be said. */
interface BadInput {
  readonly what: string;
  readonly code: string;
  /** Besides the code. */
  readonly says?: RegExp;
  spoil(dir: string): void;
}

const SPOILT: readonly BadInput[] = [
  { what: 'an empty folder', code: 'REVIVE_NO_WASM', spoil: (dir) => becomeFolder(dir) },
  { what: 'no wasm', code: 'REVIVE_NO_WASM', spoil: (dir) => rmSync(wasmOf(dir)) },
  { what: 'no glue', code: 'REVIVE_NO_GLUE', says: new RegExp(`${NAME}\\.js`), spoil: (dir) => rmSync(glueOf(dir)) },
  { what: 'a wasm file that is empty', code: 'REVIVE_BAD_WASM', spoil: editWasm(() => new Uint8Array()) },
  { what: 'a wasm file cut off in its header', code: 'REVIVE_BAD_WASM', spoil: editWasm((module) => module.subarray(0, 6)) },
  {
    what: 'a wasm file cut off in the middle',
    code: 'REVIVE_BAD_WASM',
    spoil: editWasm((module) => module.subarray(0, module.length >> 1)),
  },
  { what: 'a wasm file that lacks its last byte', code: 'REVIVE_BAD_WASM', spoil: editWasm((module) => module.subarray(0, -1)) },
  { what: 'a wasm file that is text', code: 'REVIVE_BAD_WASM', spoil: editWasm(() => new TextEncoder().encode('<!doctype html>')) },
  {
    what: 'a component in place of a module',
    code: 'REVIVE_BAD_WASM',
    spoil: editWasm(() => new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])),
  },
  { what: 'wasm of another package', code: 'REVIVE_WASM_MISMATCH', says: /export/, spoil: editWasm(() => EMPTY_MODULE) },
  {
    what: 'wasm that wasm-bindgen has not seen',
    code: 'REVIVE_WASM_MISMATCH',
    spoil: editWasm(() => readFileSync(cargoModule('fixtures'))),
  },
  {
    what: 'wasm of the other panic mode',
    code: 'REVIVE_WASM_MISMATCH',
    spoil: editWasm(() => readFileSync(wasmOf(upstreamPackage('unwind', 'web')))),
  },
  {
    what: 'shared memory',
    code: 'REVIVE_SHARED_MEMORY',
    says: /thread/,
    spoil: editWasm((module) => withMemoryFlags(module, LIMITS.shared)),
  },
  { what: '64-bit memory', code: 'REVIVE_WASM64', says: /wasm32/, spoil: editWasm((module) => withMemoryFlags(module, LIMITS.memory64)) },
  { what: 'glue that is empty', code: 'REVIVE_UNKNOWN_GLUE', spoil: editGlue(() => '') },
  { what: 'glue that does not parse', code: 'REVIVE_UNKNOWN_GLUE', says: /:\d+/, spoil: editGlue((code) => `${code}\nfunction (`) },
  {
    what: 'glue with a statement that wasm-bindgen does not write',
    code: 'REVIVE_UNKNOWN_GLUE',
    says: new RegExp(`${NAME}\\.js:\\d+`),
    spoil: editGlue((code) => `${code}\nwhile (false) {}\n`),
  },
  {
    what: 'glue that uses names of ours',
    code: 'REVIVE_UNKNOWN_GLUE',
    says: /__revive/,
    spoil: editGlue((code) => `${code}\nexport const __revive = 1;\n`),
  },
  {
    what: 'glue with another variable that is called as the instance',
    code: 'REVIVE_UNKNOWN_GLUE',
    says: /`wasm`/,
    spoil: editGlue((code) => code.replace(/(?<=export function bump\(\) \{)/, '\n    let wasm;')),
  },
  {
    what: 'a module that is called as the runtime',
    code: 'REVIVE_UNKNOWN_GLUE',
    says: /--out-name/,
    spoil(dir) {
      for (const file of readdirSync(dir).filter((name) => name.startsWith(NAME)))
        renameSync(join(dir, file), join(dir, file.replace(NAME, 'wasm-revive')));
    },
  },
  {
    what: 'glue whose names a minifier has changed',
    code: 'REVIVE_UNKNOWN_GLUE',
    spoil: editGlue((code) => code.replaceAll(/\bwasm\b(?!['"_/-])/g, 'w')),
  },
  { what: 'a package.json that is no JSON', code: 'REVIVE_', spoil: (dir) => writeFileSync(join(dir, 'package.json'), '{ "type": ') },
  { what: 'a folder in place of the glue', code: 'REVIVE_', spoil: (dir) => becomeFolder(glueOf(dir)) },
  {
    what: 'a read-only folder',
    code: 'REVIVE_READ_ONLY',
    says: /--out-dir/,
    spoil: (dir) => chmodSync(dir, 0o555),
  },
  { what: 'a read-only file', code: 'REVIVE_READ_ONLY', says: new RegExp(NAME), spoil: (dir) => chmodSync(glueOf(dir), 0o444) },
];

/** @param dir what must be as before, and have been named in the message */
async function expectRefused(args: readonly string[], code: string, dir: string, says = /./): Promise<void> {
  const before = treeOf(dir);
  const { ended, stderr } = await runCli(args);
  expect(ended, 'the exit code').toMatch(/^exit code [1-9]/);
  expect(stderr.trim()).toMatch(new RegExp(`^error ${code}[A-Z_]*: `));
  expect(stderr, 'one paragraph').not.toMatch(/\n\s*\n\S/);
  expect(stderr, 'no stack').not.toMatch(/^\s+at /m);
  expect(stderr).toMatch(says);
  expect(stderr, 'the message names what it is about').toContain(dir);
  expect(treeOf(dir)).toEqual(before);
}

describe('I9 plain errors', () => {
  it.each(SPOILT)('$what › $code', async ({ code, says, spoil }) => {
    const dir = folders.copyOf(upstreamPackage('abort', 'web'));
    spoil(dir);
    try {
      await expectRefused(['transform', dir], code, dir, says);
    } finally {
      chmodSync(dir, 0o755);
    }
  });

  it.each(SPOILT.filter(({ what }) => !/read-only/.test(what)))('$what, written elsewhere › $code', async ({ code, says, spoil }) => {
    const dir = folders.copyOf(upstreamPackage('abort', 'web'));
    spoil(dir);
    const out = join(dirname(dir), 'out');
    await expectRefused(['transform', dir, '--out-dir', out], code, dir, says);
    expect(Object.keys(treeOf(dirname(dir))).filter((path) => !path.startsWith('pkg'))).toEqual([]);
  });

  it('a path where nothing is › REVIVE_NOT_A_FOLDER', async () => {
    const dir = folders.empty();
    await expectRefused(['transform', join(dir, 'missing')], 'REVIVE_NOT_A_FOLDER', dir);
  });

  it('a file › REVIVE_NOT_A_FOLDER', async () => {
    const file = glueOf(folders.copyOf(upstreamPackage('abort', 'web')));
    await expectRefused(['transform', file], 'REVIVE_NOT_A_FOLDER', file);
  });

  it.each(['web', 'bundler', 'nodejs', 'module'] as const)(
    'a package that has been transformed already, %s › REVIVE_ALREADY_TRANSFORMED',
    async (target) => {
      const dir = folders.copyOf(upstreamPackage('unwind', target));
      expect((await runCli(['transform', dir])).ended).toBeUndefined();
      await expectRefused(['transform', dir], 'REVIVE_ALREADY_TRANSFORMED', dir);
    },
  );

  it('the target emscripten › REVIVE_UNSUPPORTED_TARGET', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'web'));
    writeFileSync(join(dir, 'wasm_revive_fixtures.js'), 'addToLibrary({ $initBindgen: () => {} });\n');
    await expectRefused(['transform', dir], 'REVIVE_UNSUPPORTED_TARGET', dir, /emscripten/);
  });

  it('an output folder inside of the package › REVIVE_BAD_OUTPUT', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'web'));
    await expectRefused(['transform', dir, '--out-dir', join(dir, 'out')], 'REVIVE_BAD_OUTPUT', dir);
  });

  it("an output folder that is somebody else's package › REVIVE_BAD_OUTPUT", async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'web'));
    const out = join(dirname(dir), 'project');
    mkdirSync(out);
    writeFileSync(join(out, 'package.json'), '{"name":"mine"}');
    await expectRefused(['transform', dir, '--out-dir', out], 'REVIVE_BAD_OUTPUT', out, /overwritten/);
    expect((await runCli(['transform', dir, '--out-dir', ''])).ended).toContain('REVIVE_NOT_A_FOLDER');
  });

  it('an output folder that is a file › REVIVE_BAD_OUTPUT', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'web'));
    const out = join(dirname(dir), 'out');
    writeFileSync(out, 'a file');
    await expectRefused(['transform', dir, '--out-dir', out], 'REVIVE_', out);
  });

  it('an output folder that can not be made', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'web'));
    writeFileSync(join(dirname(dir), 'file'), 'a file');
    await expectRefused(['transform', dir, '--out-dir', join(dirname(dir), 'file/out')], 'REVIVE_', dirname(dir));
  });

  it.each([
    ['no command', []],
    ['no folder', ['transform']],
    ['an unknown command', ['transfrom', 'pkg']],
    ['an unknown option', ['transform', 'pkg', '--unknown']],
    ['a memory limit without an undo log', ['transform', 'pkg', '--memory-limit', '64']],
    ['no name of a runtime', ['transform', 'pkg', '--runtime', '']],
  ])('%s: how to use it, and a bad exit', async (_what, args) => {
    const { ended, stderr } = await runCli(args);
    expect(ended).toMatch(/^exit code [1-9]/);
    expect(stderr).toMatch(/Usage: wasm-revive/);
    expect(stderr, 'no stack').not.toMatch(/^\s+at /m);
  });
});
