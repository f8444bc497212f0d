/** How glue of older versions of wasm-bindgen loads its module: what stands there is put into other glue, which then does what it did, and recovers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { testFolders } from '../src/drive/folders.ts';
import { nodeVersion, otherNodeMajors, otherRuntime, RUNNING_NODE, upstreamPackage } from '../src/drive/paths.ts';
import { nodeFlags, runProgram } from '../src/drive/run-in-node.ts';
import { nameOf } from '../src/invariants.ts';

const folders = testFolders();
const RECOVERIES = ['fresh', 'rollback'] as const;
const OLDER = fileURLToPath(new URL('../../bindgen/test/golden/0.2.100/', import.meta.url));
const DENO = [otherRuntime('deno'), ['run', '--allow-all', '--quiet']] as const;
const NEWEST = [nodeVersion(Math.max(...otherNodeMajors())).binary, ['--no-warnings']] as const;

type Runtime = readonly [binary: string, flags: readonly string[]];

/** Replaces each of some texts, all of which have to be there. */
function edited(file: string, texts: readonly (readonly [from: string | RegExp, to: string])[]): void {
  let code = readFileSync(file, 'utf8');
  for (const [from, to] of texts) {
    const before = code;
    code = code.replace(from, () => to);
    if (code === before) throw new Error(`${file} has no ${from}`);
  }
  writeFileSync(file, code);
}

/** What a program gets that calls the main file's exports. @param calls as text, of `pkg` and `attempt` */
async function said([binary, flags]: Runtime, file: string, calls: string): Promise<unknown> {
  const program = join(folders.empty(), 'main.mjs');
  writeFileSync(
    program,
    `const pkg = await import(${JSON.stringify(pathToFileURL(file).href)});
    const attempt = (run) => { try { return run(); } catch (error) { return error.code ?? String(error); } };
    console.log(JSON.stringify([${calls}]));`,
  );
  const { stdout, stderr, ended } = await runProgram(binary, [...flags, program]);
  if (ended !== undefined) throw new Error(`${ended}: ${stderr}`);
  return JSON.parse(stdout);
}

const OLDER_LOADING = /const wasm_url = [\s\S]*$/;
const OLDER_CALLS = "pkg.greet('Ada'), pkg.calls(), attempt(() => pkg.abort()), pkg.calls(), pkg.greet('Eve')";

describe.each(RECOVERIES)(`${nameOf('I1')}, ${nameOf('I7')}: with recovery %s, recovers`, (recovery) => {
  const calls = recovery === 'fresh' ? 0 : 1;
  const bumps = recovery === 'fresh' ? 101 : 102;

  /** `older`, with its loading as another version or for another target. */
  function older(loading: string): string {
    const dir = folders.copyOf(join(OLDER, 'deno'));
    writeFileSync(join(dir, 'older_bg.wasm'), Buffer.from(readFileSync(join(OLDER, 'older_bg.wasm.base64'), 'utf8'), 'base64'));
    edited(join(dir, 'older.js'), [[OLDER_LOADING, loading]]);
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
    transform({ dir, recovery });
    return join(dir, 'older.js');
  }

  it('glue for deno of 0.2.104 to 0.2.106', async () => {
    const file = older(`const wasmUrl = new URL('older_bg.wasm', import.meta.url);
const wasm = (await WebAssembly.instantiateStreaming(fetch(wasmUrl), imports)).instance.exports;
export { wasm as __wasm };
`);
    expect(await said(DENO, file, OLDER_CALLS)).toEqual(['Hello, Ada!', 1, 'REVIVE_ABORT', calls, 'Hello, Eve!']);
  });

  it('glue for module of 0.2.102 to 0.2.106', async () => {
    const file = older(`import source wasmModule from "./older_bg.wasm";
let wasm;
const wasmInstance = new WebAssembly.Instance(wasmModule, imports);
wasm = wasmInstance.exports;
`);
    expect(await said(NEWEST, file, OLDER_CALLS)).toEqual(['Hello, Ada!', 1, 'REVIVE_ABORT', calls, 'Hello, Eve!']);
  });

  it('glue for deno of 0.2.107 to 0.2.118', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'module'));
    const file = join(dir, 'wasm_revive_fixtures.js');
    edited(file, [
      [/^import source .*$/m, ''],
      [
        /^let wasmInstance = .*\nlet wasm = .*$/m,
        `const wasmUrl = new URL('wasm_revive_fixtures_bg.wasm', import.meta.url);
const wasmInstantiated = await WebAssembly.instantiateStreaming(fetch(wasmUrl), __wbg_get_imports());
const wasm = wasmInstantiated.instance.exports;`,
      ],
    ]);
    transform({ dir, recovery });
    expect(await said(DENO, file, "pkg.bump(), attempt(() => pkg.fail('abort')), pkg.bump(), pkg.starts()")).toEqual([
      101,
      'REVIVE_ABORT',
      bumps,
      1,
    ]);
  });

  it('a package for Node.js that gives Rust its `module`', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
    const file = join(dir, 'wasm_revive_fixtures.js');
    // What Rust asks for by `static MODULE: JsValue`, in place of `globalThis`.
    edited(file, [[/const ret = host\.name;/, 'const ret = module;']]);
    transform({ dir, recovery });
    const calls = "typeof pkg.default.host_name().require, pkg.bump(), attempt(() => pkg.fail('abort')), pkg.bump()";
    expect(await said([RUNNING_NODE.binary, []], file, calls)).toEqual(['function', 101, 'REVIVE_ABORT', bumps]);
  });

  it('a package for bundlers whose wasm file has lost an import', async () => {
    const dir = folders.copyOf(upstreamPackage('abort', 'bundler'));
    const glue = join(dir, 'wasm_revive_fixtures_bg.js');
    const gone =
      'export function __wbg_gone_0123456789abcdef() { return handleError(function (arg0, arg1) { return [arg0, arg1]; }, arguments); }';
    writeFileSync(glue, `${readFileSync(glue, 'utf8')}\n${gone}\n`);
    transform({ dir, recovery });
    const runtime: Runtime = [RUNNING_NODE.binary, nodeFlags(RUNNING_NODE, 'bundler')];
    // Nobody calls it; as plain glue, it would be called with all that it is given.
    const program = `(await import(${JSON.stringify(pathToFileURL(glue).href)})).__wbg_gone_0123456789abcdef(1, 2), pkg.bump(), attempt(() => pkg.fail('abort')), pkg.bump()`;
    expect(await said(runtime, join(dir, 'wasm_revive_fixtures.js'), program)).toEqual([[1, 2], 101, 'REVIVE_ABORT', bumps]);
  });
});
