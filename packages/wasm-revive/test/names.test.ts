/** Names are data: whatever a file, an export or a method is called, the transformed package is the same program (I9). */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RuntimeFile, type RuntimeFiles, type Target, transform } from '@wasm-revive/bindgen';
import { afterEach, describe, expect, it } from 'vitest';
import { folder, removeFolders } from './fixtures.js';

const ARTIFACTS = new URL('../../../.artifacts/fixtures/', import.meta.url);
const RUNTIME = new URL('../dist/', import.meta.url);
const NAME = 'wasm_revive_fixtures';

afterEach(removeFolders);

/** A copy of what wasm-bindgen made of the fixtures. */
function packageFor(target: Target, panic: 'abort' | 'unwind' = 'abort'): string {
  const dir = folder();
  cpSync(new URL(`${panic}/${target}/`, ARTIFACTS), dir, { recursive: true });
  return dir;
}

/** As `wasm-bindgen --out-name` would have called it. */
function renamed(target: Target, name: string): string {
  const dir = packageFor(target);
  const files = [`${NAME}.js`, `${NAME}_bg.js`, `${NAME}_bg.wasm`, `${NAME}.d.ts`].filter((file) => existsSync(join(dir, file)));
  for (const file of files) renameSync(join(dir, file), join(dir, file.replace(NAME, name)));
  // Upstream writes names as they are, which is its own fault; here the original has to be one that works.
  const inText = JSON.stringify(target === 'nodejs' ? name : encodeURIComponent(name))
    .slice(1, -1)
    .replaceAll(/['`$]/g, '\\$&')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  const mentioned = target === 'bundler' ? `${NAME}_bg` : `${NAME}_bg.wasm`;
  for (const file of files.filter((file) => file.endsWith('.js'))) {
    const path = join(dir, file.replace(NAME, name));
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replaceAll(mentioned, () => mentioned.replace(NAME, () => inText)),
    );
  }
  return dir;
}

/** With the runtime that the command line puts beside a package. */
function options(): { version: string; runtime: RuntimeFiles } {
  const read = (file: string): string => readFileSync(new URL(file, RUNTIME), 'utf8');
  const runtime = (file: string): RuntimeFile => ({ code: read(file), map: read(`${file}.map`), types: '' });
  return { version: '9.9.9', runtime: { esm: runtime('runtime.min.js'), cjs: runtime('runtime.min.cjs') } };
}

/** Loads the package in a process of its own, and gives what `use` (text, with the package as `ns`) writes. */
function load(dir: string, target: Target, name: string, use: string): unknown {
  const main = join(dir, `${name}.js`);
  const ns =
    target === 'nodejs'
      ? `(await import('node:module')).createRequire(import.meta.url)(${JSON.stringify(main)})`
      : `await import(${JSON.stringify(pathToFileURL(main).href)})`;
  const init =
    target === 'web'
      ? `ns.initSync({ module: (await import('node:fs')).readFileSync(${JSON.stringify(join(dir, `${name}_bg.wasm`))}) });`
      : '';
  const program = `const ns = ${ns}; ${init} console.log(JSON.stringify(await (async () => { ${use} })()));`;
  const flags = ['--no-warnings', ...(target === 'bundler' ? ['--experimental-wasm-modules'] : []), '--input-type=module', '-e', program];
  return JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' }));
}

/** Works, fails and works again. */
const FAILS = `
  try { ns.fail('abort'); } catch (error) { globalThis.code = error.code; }
  return [ns.add(1, 2), globalThis.code, ns.__revive.generation, globalThis.ran];`;

/** What follows a line end would run: with `.js.map` behind it, this is a program. */
const PROGRAM = 'globalThis.ran=1;({js:{}})';

describe('a package whose name has in it (I9)', () => {
  it.each([
    ['U+2028, at which a comment ends', `a\u2028${PROGRAM}`],
    ['U+2029', `a\u2029${PROGRAM}`],
    ['a line feed', `a\n${PROGRAM}`],
    ['a carriage return', `a\r${PROGRAM}`],
    ['quotes', `a"b'c`],
    ['what ends a template', 'a`$' + '{b}'],
    ['what means something in a URL', 'a#b?c%20'],
  ])('%s: nothing of the name runs, and the package recovers', (_, name) => {
    for (const target of ['web', 'nodejs'] as const) {
      const dir = renamed(target, name);
      transform({ dir, ...options() });
      expect(load(dir, target, name, FAILS), target).toEqual([3, 'REVIVE_ABORT', 2, null]);
    }
    const dir = renamed('bundler', name);
    transform({ dir, ...options() });
    for (const file of [`${name}.js`, `${name}_bg.js`]) execFileSync(process.execPath, ['--check', join(dir, file)]);
    const [, url] = /new URL\("(.*?)", import\.meta\.url\)/.exec(readFileSync(join(dir, `${name}.js`), 'utf8')) ?? [];
    expect(decodeURIComponent(new URL(url ?? '', pathToFileURL(`${dir}/`)).pathname)).toBe(join(dir, `${name}_bg.wasm`));
  });
});

it.each(['__wbg_init', 'initSync', 'EXPECTED_RESPONSE_TYPES', 'wasmPath', 'wasmModule', 'wasmInstance', 'PanicError', 'lTextDecoder'])(
  'I4, I9: what glue knows under the name %s is known by what it is, too: each instance has its finalizers',
  (name) => {
    for (const target of ['web', 'nodejs', 'bundler'] as const) {
      const dir = packageFor(target);
      const file = join(dir, target === 'bundler' ? `${NAME}_bg.js` : `${NAME}.js`);
      const code = readFileSync(file, 'utf8');
      // A name that this target has itself, it can't have twice.
      if (new RegExp(`\\b${name}\\b`).test(code)) continue;
      writeFileSync(file, code.replaceAll('CLOSURE_DTORS', name));
      let refused: unknown;
      try {
        transform({ dir, ...options() });
      } catch (error) {
        refused = error;
      }
      if (refused !== undefined) {
        expect(refused).toMatchObject({ code: 'REVIVE_UNKNOWN_GLUE' });
        expect(readFileSync(file, 'utf8')).not.toContain('$scope');
        continue;
      }
      expect(readFileSync(file, 'utf8').slice(0, readFileSync(file, 'utf8').indexOf('const $app'))).toContain(`const ${name} = `);
      const closures = `const add = ns.length_adder(); const before = add('abc'); ${FAILS.replace('return [', 'return [before, ns.length_adder()("ab"), ')}`;
      expect(load(dir, target, NAME, closures), `${target} ${name}`).toEqual([3, 2, 3, 'REVIVE_ABORT', 2, null]);
    }
  },
);

it('I9: glue that calls a function of its own `undefined`, with which guards compare, is refused', () => {
  const dir = packageFor('nodejs');
  const path = join(dir, `${NAME}.js`);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('passStringToWasm0', 'undefined'));
  expect(() => transform({ dir, ...options() })).toThrow(/found the name undefined, which the transformed module needs for itself/);
});

describe('what has to be at the top of a file stays there', () => {
  const NODE_MAIN = `${NAME}.js`;
  const transformed = (change: (code: string) => string): string => {
    const dir = packageFor('nodejs');
    const path = join(dir, NODE_MAIN);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    transform({ dir, ...options() });
    return dir;
  };

  it.each<[string, (code: string) => string, RegExp]>([
    ['a hashbang', (code) => `#!/usr/bin/env node\n${code}`, /^#!\/usr\/bin\/env node\n\/\* @ts-self-types=.*\*\/\n\/\* Transformed by/],
    [
      'a hashbang before a CR LF',
      (code) => `#!/usr/bin/env node\r\n${code.replaceAll('\n', '\r\n')}`,
      /^#!\/usr\/bin\/env node\r\n\/\* @ts-self/,
    ],
    ['a directive', (code) => `'use strict';\n${code}`, /^\/\* Transformed by.*\*\/\n'use strict';\n/],
    ['behind a byte order mark, a line for Deno', (code) => `\u{feff}${code}`, /^\/\* @ts-self-types=/],
  ])('%s', (_, change, top) => {
    const dir = transformed(change);
    expect(readFileSync(join(dir, NODE_MAIN), 'utf8')).toMatch(top);
    expect(load(dir, 'nodejs', NAME, FAILS)).toEqual([3, 'REVIVE_ABORT', 2, null]);
  });

  it('and a package is known as transformed by that alone, not by words in its documentation', () => {
    const words = '/**\n * Transformed by wasm-revive 1.2.3\n */\n';
    const dir = transformed((code) => code.replace('function add(', `${words}function add(`));
    expect(() => transform({ dir, ...options() })).toThrow('has been transformed already (by wasm-revive 9.9.9)');
    const hashbang = transformed((code) => `#!/usr/bin/env node\n${code}`);
    expect(() => transform({ dir: hashbang, ...options() })).toThrow('has been transformed already');
  });
});

describe('members of a class whose names the output could take for its own', () => {
  it.each(['web', 'nodejs'] as const)('are called as in the original (%s)', (target) => {
    const dir = packageFor(target);
    const path = join(dir, `${NAME}.js`);
    const members = `
    new() { return 'method new ' + wasm.counter_get(this.__wbg_ptr); }
    get$value() { return 'method get$value'; }
    static$of() { return 'method static$of'; }
    "a\u2028b"() { return 'a line end'; }
    ["free" + "d"]() { return 'computed'; }
    static new() { return 'static new'; }`;
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(
        /(?:export )?class Counter \{/,
        (found) => `function Counter$new$2() { return 'mine'; }\n${found}${members}`,
      ),
    );
    const use = `
      const counter = new ns.Counter(5);
      return [counter.new(), counter.get$value(), counter.value, counter.static$of(), counter['a\\u2028b'](), counter.freed(), ns.Counter.new(),
        ns.Counter.of(3).get(), counter instanceof ns.Counter];`;
    const expected = load(dir, target, NAME, use);
    transform({ dir, ...options() });
    expect(load(dir, target, NAME, use)).toEqual(expected);
  });
});

it.each(['fresh', 'rollback'] as const)('a class may have more members than an object can have that V8 reads fast (%s)', (recovery) => {
  const dir = packageFor('nodejs');
  const path = join(dir, `${NAME}.js`);
  const members = Array.from({ length: 250 }, (_, i) => `m${i}(by) { return ${i} + by + wasm.counter_get(this.__wbg_ptr); }`).join(
    '\n    ',
  );
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/class Counter \{/, (found) => `${found}\n    ${members}`),
  );
  const use = `
    const counter = new ns.Counter(5);
    return [0, 49, 99, 100, 150, 199, 200, 249].map((i) => counter['m' + i](1000)).concat(counter.inc());`;
  const expected = load(dir, 'nodejs', NAME, use);
  transform({ dir, recovery, ...options() });
  expect(load(dir, 'nodejs', NAME, use)).toEqual(expected);
});

it.each([
  ['quotes', (name: string) => `"${name}"`],
  ['brackets', (name: string) => `['${name}']`],
])('I4: members and properties that the output knows by name are known in %s, too', (_, written) => {
  const dir = packageFor('nodejs');
  const path = join(dir, `${NAME}.js`);
  const code = readFileSync(path, 'utf8')
    .replaceAll(/^( {4}(?:static )?)(free|__wrap|__unwrap|__destroy_into_raw)(?=\()/gm, (_, before, name) => before + written(name))
    .replaceAll(/\.(__wbg_ptr\w*)/g, '["$1"]');
  expect(code).toContain(written('free'));
  writeFileSync(path, code);
  const use = 'const counter = new ns.Counter(5); counter.inc(); counter.free(); return ns.Counter.of(3).get();';
  expect(load(dir, 'nodejs', NAME, use)).toBe(3);
  transform({ dir, ...options() });
  expect(load(dir, 'nodejs', NAME, use)).toBe(3);
  const after = `
    const counter = new ns.Counter(5);
    try { ns.fail('abort'); } catch {}
    const codeOf = (use) => { try { return String(use()); } catch (error) { return error.code; } };
    return [codeOf(() => counter.get()), codeOf(() => counter.free()), new ns.Counter(7).inc()];`;
  expect(load(dir, 'nodejs', NAME, after)).toEqual(['REVIVE_STALE_HANDLE', 'undefined', 8]);
});

it('methods stay strict in CommonJS, too', () => {
  const dir = packageFor('nodejs');
  const path = join(dir, `${NAME}.js`);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/(split\(\) \{)/, '$1 undeclared = 1;'));
  const use = 'try { new ns.Counter(1).split(); } catch (error) { return error.name; }';
  expect(load(dir, 'nodejs', NAME, use)).toBe('ReferenceError');
  transform({ dir, ...options() });
  expect(load(dir, 'nodejs', NAME, use)).toBe('ReferenceError');
});

it('an export that is called `__proto__` is one of the exports, and gives them no prototype', () => {
  const dir = packageFor('nodejs');
  const path = join(dir, `${NAME}.js`);
  const seen = "const all = wasm; return [typeof all.__proto__, typeof all.call, Object.keys(all).includes('__proto__')];";
  writeFileSync(path, `${readFileSync(path, 'utf8')}\nfunction seen() { ${seen} }\nexports.seen = seen;\n`);
  const expected = ['function', 'undefined', true];
  expect(load(dir, 'nodejs', NAME, 'return ns.seen();')).toEqual(expected);
  transform({ dir, ...options() });
  expect(load(dir, 'nodejs', NAME, 'return ns.seen();')).toEqual(expected);
});

describe('older glue for the bundler target, which imports the wasm file itself', () => {
  // Under panic=unwind, all that the wasm file imports is its glue's: else it goes with the new glue only.
  const older = (): string => {
    const dir = packageFor('bundler', 'unwind');
    const change = (file: string, edit: (code: string) => string): void =>
      writeFileSync(join(dir, file), edit(readFileSync(join(dir, file), 'utf8')));
    const setter = /let wasm;\nexport function __wbg_set_wasm\(val\) \{\n {4}wasm = val;\n\}\n/;
    change(`${NAME}_bg.js`, (code) => `import * as wasm from "./${NAME}_bg.wasm";\n${code.replace(setter, '')}`);
    change(`${NAME}.js`, () => `import * as wasm from "./${NAME}_bg.wasm";\nexport * from "./${NAME}_bg.js";\nwasm.__wbindgen_start();\n`);
    return dir;
  };
  const USE = 'return [ns.add(1, 2), ns.starts(), new ns.Counter(3).inc()];';

  it('is loaded, served and recovers; and the entry works with the glue as it was', () => {
    const dir = older();
    const glue = readFileSync(join(dir, `${NAME}_bg.js`), 'utf8');
    expect(load(dir, 'bundler', NAME, USE)).toEqual([3, 1, 4]);
    transform({ dir, ...options() });
    expect(load(dir, 'bundler', NAME, USE)).toEqual([3, 1, 4]);
    expect(load(dir, 'bundler', NAME, FAILS)).toEqual([3, 'REVIVE_ABORT', 2, null]);
    writeFileSync(join(dir, `${NAME}_bg.js`), glue);
    expect(load(dir, 'bundler', NAME, USE)).toEqual([3, 1, 4]);
  });

  it('is refused without its main file', () => {
    const dir = older();
    rmSync(join(dir, `${NAME}.js`));
    expect(() => transform({ dir, ...options() })).toThrow(`an import of ${NAME}_bg.wasm in glue without the main file`);
  });
});

describe('names that the output needs for itself', () => {
  it.each([
    ['a function', 'function $live() {}\nexports.$live = $live;', '$live'],
    ['a local variable', 'function f() { const $raw = 1; return $raw; }', '$raw'],
    ['an export', 'exports.__revive = 1;', '__revive'],
    ['a computed export', "exports['__revive'] = 1;", '__revive'],
  ])('are refused by what they are: %s', (_, text, name) => {
    const dir = packageFor('nodejs');
    const path = join(dir, `${NAME}.js`);
    const code = `${readFileSync(path, 'utf8')}\n${text}\n`;
    writeFileSync(path, code);
    expect(() => transform({ dir, ...options() })).toThrow(`found the name ${name}, which the transformed module needs for itself`);
    expect(readFileSync(path, 'utf8')).toBe(code);
  });
});

describe('files of the program that have the names of files that are added', () => {
  it.each(['wasm-revive.cjs', 'wasm-revive.cjs.map', 'wasm-revive.d.cts', `${NAME}.js.map`])(
    '%s is never overwritten, in place or elsewhere',
    (file) => {
      const dir = packageFor('nodejs');
      writeFileSync(join(dir, file), '{"sources":["mine.ts"]}');
      for (const outDir of [undefined, `${dir}-out`]) {
        expect(() => transform({ dir, outDir, ...options() })).toThrow(`${file} is in the package already`);
        expect(readFileSync(join(dir, file), 'utf8')).toBe('{"sources":["mine.ts"]}');
        expect(existsSync(`${dir}-out`)).toBe(false);
      }
    },
  );

  it('and what an earlier output has left beside a new build is replaced', () => {
    const dir = packageFor('nodejs');
    transform({ dir, ...options() });
    cpSync(new URL('abort/nodejs/', ARTIFACTS), dir, { recursive: true });
    transform({ dir, ...options() });
    expect(load(dir, 'nodejs', NAME, FAILS)).toEqual([3, 'REVIVE_ABORT', 2, null]);
  });
});

describe('the address at which the bundler target looks for its wasm file', () => {
  it('is made by the engine, and leads to the file, whatever a file and a type of the program are called (I9)', () => {
    const name = 'a#b?c%20';
    const dir = renamed('bundler', name);
    const glue = join(dir, `${name}_bg.js`);
    const members = '__destroy_into_raw() { const ptr = this.__wbg_ptr; this.__wbg_ptr = 0; return ptr; } free() {}';
    writeFileSync(glue, `${readFileSync(glue, 'utf8')}\nexport class URL { ${members} }\n`);
    transform({ dir, ...options() });
    const [, maker, url] = /new ([\w.]+)\("(.*?)", import\.meta\.url\)/.exec(readFileSync(glue, 'utf8')) ?? [];
    expect(maker).toBe('globalThis.URL');
    expect(decodeURIComponent(new URL(url ?? '', pathToFileURL(`${dir}/`)).pathname)).toBe(join(dir, `${name}_bg.wasm`));
  });
});
