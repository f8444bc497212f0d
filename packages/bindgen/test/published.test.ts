/** Packages as others have published them: of older versions, under other names, with more in their folder than wasm-bindgen wrote. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { inspectWasm, TransformError, transform } from '../src/index.js';

const OLDER = new URL('./golden/0.2.100/', import.meta.url);
const NEW = new URL('../../../.artifacts/fixtures/abort/', import.meta.url);
const RUNTIME = { code: '', types: '' };
const OPTIONS = { runtime: { esm: RUNTIME, cjs: RUNTIME }, version: '9.9.9' } as const;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function copyOf(url: URL): string {
  const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
  folders.push(dir);
  cpSync(url, dir, { recursive: true });
  return dir;
}
const TARGETS = ['nodejs', 'deno', 'no-modules'] as const;
function older(target: (typeof TARGETS)[number]): string {
  const dir = copyOf(new URL(`${target}/`, OLDER));
  const wasm = new URL(target === 'no-modules' ? 'older_bg.no-modules.wasm.base64' : 'older_bg.wasm.base64', OLDER);
  writeFileSync(join(dir, 'older_bg.wasm'), Buffer.from(readFileSync(wasm, 'utf8'), 'base64'));
  return dir;
}
const read = (dir: string, file: string): string => readFileSync(join(dir, file), 'utf8');
const contents = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(dir, name), 'latin1')]),
  );

function edit(dir: string, file: string, change: (code: string) => string): string {
  writeFileSync(join(dir, file), change(read(dir, file)));
  return dir;
}

/** What a refusal says; the folder has to be as it was. */
function refusal(dir: string, options: { name?: string } = {}): TransformError {
  const before = contents(dir);
  try {
    transform({ dir, ...OPTIONS, ...options });
  } catch (error) {
    if (!(error instanceof TransformError)) throw error;
    expect(contents(dir)).toEqual(before);
    return error;
  }
  throw new Error('was transformed');
}

/** The files of another module, made of those of `older`. */
function addModule(dir: string, name: string): void {
  for (const file of readdirSync(dir)) {
    if (!file.startsWith('older')) continue;
    const bytes = readFileSync(join(dir, file));
    const text = file.endsWith('.js') ? bytes.toString().replaceAll('older_bg.wasm', `${name}_bg.wasm`) : bytes;
    writeFileSync(join(dir, file.replace('older', name)), text);
  }
}

describe('glue of wasm-bindgen 0.2.100', () => {
  it.each(TARGETS)('is accepted for %s, and its version is given', (target) => {
    const [module] = transform({ dir: older(target), ...OPTIONS }).modules;
    expect(module).toMatchObject({ name: 'older', file: 'older.js', target, wasmBindgen: expect.stringMatching(/^0\.2\.100/) });
  });

  it.each(TARGETS)('for %s has a source map of the file as it was', (target) => {
    const dir = older(target);
    const before = read(dir, 'older.js');
    transform({ dir, ...OPTIONS });
    const { sourcesContent } = JSON.parse(read(dir, 'older.js.map')) as { sourcesContent: string[] };
    expect(sourcesContent).toEqual([before]);
  });

  it.each(['nodejs', 'deno'] as const)('for %s is refused with the line of the file as it was (I9)', (target) => {
    const dir = edit(older(target), 'older.js', (code) => `${code}\nwhile (false) {}\n`);
    const line = read(dir, 'older.js').trimEnd().split('\n').length;
    const { code, message } = refusal(dir);
    expect(code).toBe('REVIVE_UNKNOWN_GLUE');
    expect(message).toContain(`older.js:${line}: found a top-level WhileStatement`);
    expect(message).toContain('The wasm file was written by wasm-bindgen 0.2.100.');
  });
});

describe('a folder', () => {
  it.each([
    ['cjs', 'wasm-revive.cjs', older],
    ['mjs', 'wasm-revive.mjs', () => copyOf(new URL('web/', NEW))],
  ])('with a main file *.%s gets the runtime that goes with it', (ending, runtime, copy) => {
    const dir = copy('nodejs');
    const main = readdirSync(dir).find((file) => /^[^.]+\.js$/.test(file)) ?? '';
    renameSync(join(dir, main), join(dir, main.replace('.js', `.${ending}`)));
    const { files, modules } = transform({ dir, ...OPTIONS });
    expect(modules).toMatchObject([{ file: main.replace('.js', `.${ending}`) }]);
    expect(files).toContain(runtime);
    expect(read(dir, modules[0]?.file ?? '')).toContain(`"./${runtime}"`);
  });

  it('with several modules has all of them transformed, or the one that is named', () => {
    const [all, one] = [older('nodejs'), older('nodejs')];
    for (const dir of [all, one]) addModule(dir, 'other');
    expect(transform({ dir: all, ...OPTIONS }).modules.map(({ name }) => name)).toEqual(['older', 'other']);
    const first = transform({ dir: one, ...OPTIONS, name: 'other' });
    expect(first.modules.map(({ name }) => name)).toEqual(['other']);
    expect(first.warnings).toEqual([expect.stringMatching(/^older\.js is another module's, which was not asked for\./)]);
    expect(read(one, 'older.js')).toBe(readFileSync(new URL('nodejs/older.js', OLDER), 'utf8'));
    // What is left to do is done by the next run.
    const next = transform({ dir: one, ...OPTIONS });
    expect([next.modules.map(({ name }) => name), next.warnings]).toEqual([['older'], []]);
    expect(refusal(one).code).toBe('REVIVE_ALREADY_TRANSFORMED');
  });

  it('with a module that another version has transformed is refused, for they share a runtime file (I9)', () => {
    const dir = older('nodejs');
    addModule(dir, 'other');
    const runtime = { esm: { code: '', types: '' }, cjs: { code: 'exports.revive = 1;', types: '' } };
    transform({ dir, ...OPTIONS, runtime, name: 'other' });
    const ours = read(dir, 'other.js');
    edit(dir, 'other.js', (code) => code.replace(/^( +contract: )\d+,$/m, '$11,').replace('wasm-revive 9.9.9', 'wasm-revive 0.0.1'));
    expect(read(dir, 'other.js')).not.toBe(ours);
    const before = contents(dir);
    expect(() => transform({ dir, ...OPTIONS, runtime })).toThrow(
      /other\.js has been transformed by another version of wasm-revive \(wasm-revive 0\.0\.1\)/,
    );
    expect(contents(dir)).toEqual(before);
    // It may have a runtime that isn't beside it.
    expect(transform({ dir, ...OPTIONS, runtime: { import: 'wasm-revive/runtime' } }).modules.map(({ name }) => name)).toEqual(['older']);
  });

  it('with a wasm file whose glue is elsewhere has the others transformed, and says that it is not protected', () => {
    const dir = older('nodejs');
    cpSync(join(dir, 'older_bg.wasm'), join(dir, 'renamed_bg.wasm'));
    expect(refusal(dir, { name: 'renamed' }).code).toBe('REVIVE_NO_GLUE');
    const wasm = readFileSync(join(dir, 'renamed_bg.wasm'));
    const { modules, warnings } = transform({ dir, ...OPTIONS });
    expect(modules.map(({ name }) => name)).toEqual(['older']);
    expect(warnings).toEqual([expect.stringMatching(/^renamed_bg\.wasm has no glue beside it as wasm-bindgen writes it\./)]);
    expect(readFileSync(join(dir, 'renamed_bg.wasm'))).toEqual(wasm);
  });

  it('with several modules is left as it was when one of them is refused (I9)', () => {
    const dir = older('nodejs');
    addModule(dir, 'other');
    edit(dir, 'other.js', (code) => `${code}\nwhile (false) {}\n`);
    expect(refusal(dir).message).toContain('other.js:');
    expect(refusal(dir, { name: 'missing' }).message).toContain('found no missing_bg.wasm; its modules are older, other');
  });

  it.each(['fresh', 'rollback'] as const)('with twins of a main file has both transformed, with one wasm file (%s)', (recovery) => {
    const dir = older('nodejs');
    cpSync(join(dir, 'older.js'), join(dir, 'older.cjs'));
    const { modules, warnings } = transform({ dir, ...OPTIONS, recovery });
    expect(modules.map(({ file }) => file)).toEqual(['older.js', 'older.cjs']);
    expect(warnings).toEqual([]);
    const build = /build: \{ id: '(\w+)'/;
    expect(build.exec(read(dir, 'older.js'))?.[1]).toBe(build.exec(read(dir, 'older.cjs'))?.[1]);
  });

  it('with other glue says that this is not protected', () => {
    const dir = older('nodejs');
    const twin = `${read(dir, 'older.js')}\nwhile (false) {}\n`;
    writeFileSync(join(dir, 'older.cjs'), twin);
    writeFileSync(join(dir, 'bundle.js'), 'exports.__wbindgen_throw = () => {};');
    const { modules, warnings } = transform({ dir, ...OPTIONS });
    expect(modules.map(({ file }) => file)).toEqual(['older.js']);
    expect(warnings).toEqual([
      expect.stringMatching(/^older\.cjs holds glue, too\. It is left as it is, .*WhileStatement/s),
      expect.stringMatching(/^bundle\.js holds glue, too/),
    ]);
    expect(read(dir, 'older.cjs')).toBe(twin);
  });

  it('with a loader of its own keeps that, and hears which line to change', () => {
    const dir = copyOf(new URL('bundler/', NEW));
    const loader = `import * as glue from './wasm_revive_fixtures_bg.js';
const wasmUrl = new URL('./wasm_revive_fixtures_bg.wasm', import.meta.url);
const { instance } = await WebAssembly.instantiateStreaming(fetch(wasmUrl), { './wasm_revive_fixtures_bg.js': glue });
glue.__wbg_set_wasm(instance.exports);
export * from './wasm_revive_fixtures_bg.js';
`;
    edit(dir, 'wasm_revive_fixtures.js', () => loader);
    const { modules, warnings } = transform({ dir, ...OPTIONS });
    expect(modules).toMatchObject([{ file: 'wasm_revive_fixtures_bg.js', target: 'bundler' }]);
    expect(read(dir, 'wasm_revive_fixtures.js')).toBe(loader);
    expect(warnings).toEqual([expect.stringMatching(/^wasm_revive_fixtures\.js:4 .*`__wbg_set_wasm\(instance\.exports, module\)`/s)]);
  });
});

describe('what isn’t glue any more is refused for what it is (I9)', () => {
  it('a bundle', () => {
    const { code, message } = refusal(edit(older('nodejs'), 'older.js', (text) => `var __toCommonJS = (mod) => mod;\n${text}`));
    expect(code).toBe('REVIVE_UNKNOWN_GLUE');
    expect(message).toMatch(/older\.js:1: found `__toCommonJS`, which esbuild writes/);
  });

  it('classes in variables', () => {
    const { message } = refusal(
      edit(older('nodejs'), 'older.js', (text) => text.replace('class Counter {', 'var Counter = class Counter {')),
    );
    expect(message).toContain('a class in a variable, as bundlers write it');
  });

  it('a minified file', () => {
    const statements = Array.from({ length: 50 }, (_, index) => `var a${index}=${index};`).join('');
    expect(refusal(edit(older('nodejs'), 'older.js', () => statements)).message).toContain('as minifiers write them');
  });

  it('a wasm file in the JavaScript', () => {
    const dir = edit(older('nodejs'), 'older.js', (text) => `${text}\nconst inlined = 'AGFzbQEAAAAB';\n`);
    rmSync(join(dir, 'older_bg.wasm'));
    const { code, message } = refusal(dir);
    expect(code).toBe('REVIVE_NO_WASM');
    expect(message).toContain('older.js, in which glue and wasm file (as base64) were put into one');
  });

  it('a wasm file in JavaScript that a main file for bundlers imports: the one beside it is never loaded', () => {
    const dir = copyOf(new URL('bundler/', NEW));
    writeFileSync(join(dir, 'inlined.js'), "export const wasm = instantiate(atob('AGFzbQEAAAAB'));\n");
    edit(dir, 'wasm_revive_fixtures.js', (code) => code.replace(/^import \* as wasm from .*$/m, 'import { wasm } from "./inlined.js";'));
    const { code, message } = refusal(dir);
    expect(code).toBe('REVIVE_UNKNOWN_GLUE');
    expect(message).toContain('found that the wasm file stands in inlined.js, which it imports, as base64');
    // A file that nothing of the main file imports says nothing of it.
    const other = copyOf(new URL('bundler/', NEW));
    writeFileSync(join(other, 'inlined.js'), "export const wasm = instantiate(atob('AGFzbQEAAAAB'));\n");
    expect(transform({ dir: other, ...OPTIONS }).modules).toMatchObject([{ target: 'bundler' }]);
  });

  it('a wasm file under another name', () => {
    const dir = older('nodejs');
    renameSync(join(dir, 'older_bg.wasm'), join(dir, 'app.wasm'));
    expect(refusal(dir).message).toContain("found app.wasm, a wasm file of wasm-bindgen's under another name");
  });

  it('glue in a file of another name', () => {
    const dir = older('nodejs');
    renameSync(join(dir, 'older.js'), join(dir, 'main.js'));
    const { code, message } = refusal(dir);
    expect(code).toBe('REVIVE_NO_GLUE');
    expect(message).toContain('main.js holds glue');
  });

  it('glue that is older than what is known', () => {
    const dir = edit(older('nodejs'), 'older.js', (code) => `${code}\nwhile (false) {}\n`);
    const path = join(dir, 'older_bg.wasm');
    const bytes = readFileSync(path);
    bytes.write('0.2.073', bytes.indexOf('0.2.100'));
    writeFileSync(path, bytes);
    expect(inspectWasm(bytes).wasmBindgen).toMatch(/^0\.2\.073/);
    const { code, message } = refusal(dir);
    expect(code).toBe('REVIVE_OLD_GLUE');
    expect(message).toContain('was written by wasm-bindgen 0.2.073, which is older');
  });

  it('the control handle’s name among a package’s own exports', () => {
    const { message } = refusal(edit(older('nodejs'), 'older.js', (code) => `${code}\nmodule.exports.__revive = function() {};\n`));
    expect(message).toContain('found the name __revive');
  });
});

describe('what authors have added to glue', () => {
  it('is kept in classes: fields, and what uses them', () => {
    const dir = edit(older('nodejs'), 'older.js', (code) =>
      code.replace('class Counter {', 'class Counter {\n    kept = 1;\n    get twice() { return this.kept * 2; }\n'),
    );
    transform({ dir, ...OPTIONS });
    const code = read(dir, 'older.js');
    const [scope, facade] = [code.slice(0, code.indexOf('const $app = $revive')), code.slice(code.indexOf('const $app = $revive'))];
    expect(scope).not.toContain('get twice()');
    expect(facade).toContain('get twice() { return this.kept * 2; }');
    expect(facade).toContain('kept = 1;');
  });

  it('is refused in a class where it uses the instance (I9)', () => {
    const dir = edit(older('nodejs'), 'older.js', (code) =>
      code.replace('class Counter {', 'class Counter {\n    kept;\n    get all() { return (this.kept ??= wasm.calls()); }\n'),
    );
    expect(refusal(dir).message).toContain('a use of `wasm` in what was added to class `Counter`');
  });

  it('is run once, on the classes that users see, and after the module was loaded', () => {
    const patch = 'for (const one of [Counter]) { one.prototype.patched = (one.prototype.patched ?? 0) + 1; }';
    const dir = edit(older('nodejs'), 'older.js', (code) => `${code}\n${patch}\n`);
    transform({ dir, ...OPTIONS });
    const code = read(dir, 'older.js');
    expect(code.split(patch)).toHaveLength(2);
    expect(code.indexOf(patch)).toBeGreaterThan(code.indexOf('$app.adopt('));
  });

  it('may need nothing of an instance, and is then there before one is', () => {
    const dir = edit(
      copyOf(new URL('web/', NEW)),
      'wasm_revive_fixtures.js',
      (code) => `${code}\nconst ONE = 1;\nfunction one() { return ONE; }\nfunction two() { return one() + one(); }\nexport { two };\n`,
    );
    transform({ dir, ...OPTIONS });
    const code = read(dir, 'wasm_revive_fixtures.js');
    const facade = code.slice(code.indexOf('const $app = $revive'));
    for (const text of ['const ONE = 1;', 'function one() { return ONE; }', 'function two() { return one() + one(); }'])
      expect(facade).toContain(text);
    expect(existsSync(join(dir, 'wasm_revive_fixtures.js.map'))).toBe(true);
  });
});

describe('what authors have added', () => {
  const web = (added: string): string => {
    const dir = copyOf(new URL('web/', NEW));
    return edit(dir, 'wasm_revive_fixtures.js', (code) => `${code}\n${added}\n`);
  };

  it.each([
    ['a function that initialises', 'export async function boot() { await __wbg_init(); }'],
    [
      'one that does so once',
      'let isDone = false;\nexport async function boot() { if (!isDone) await __wbg_init(); isDone = true; return isDone; }',
    ],
    ['one that has a helper', 'function url() { return undefined; }\nexport async function boot() { await __wbg_init(url()); }'],
    ['one that waits, and then calls', 'export async function later(value) { await undefined; return add(value, 1); }'],
  ])('%s is taken', (_, added) => {
    expect(transform({ dir: web(added), ...OPTIONS }).modules).toHaveLength(1);
  });

  it('may not use what older glue loads its module with (I9)', () => {
    for (const added of ['module.exports.size = function() { return bytes.length; };', 'module.exports.where = () => path;']) {
      const dir = edit(older('nodejs'), 'older.js', (code) => `${code}\n${added}\n`);
      const line = read(dir, 'older.js').trimEnd().split('\n').length;
      expect(refusal(dir).message).toMatch(new RegExp(`older\\.js:${line}: found a use of \`(?:bytes|path)\``));
    }
    // Their own variables of that name are nobody's business.
    const own = [
      'module.exports.size = function(bytes) { return bytes.length; };',
      'module.exports.where = (path) => () => path;',
      'module.exports.load = function() { const { imports } = module; return imports; };',
      'module.exports.join = function(...parts) { for (const path of parts) return path; };',
    ];
    const dir = edit(older('nodejs'), 'older.js', (code) => `${code}\n${own.join('\n')}\n`);
    expect(transform({ dir, ...OPTIONS }).modules).toHaveLength(1);
  });
});
