import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TransformError, transform } from '../src/index.js';
import { VOCABULARY } from '../src/read/vocabulary.js';
import { parse } from '../src/syntax/ast.js';
import { hasShape, shape } from '../src/syntax/shape.js';

const ARTIFACTS = new URL('../../../.artifacts/', import.meta.url);
const NAME = 'wasm_revive_fixtures';
const OPTIONS = { runtime: { import: 'wasm-revive/runtime' }, version: '9.9.9' } as const;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Edit = (code: string) => string;

/** The message with which a package of the fixtures is refused once its glue is edited; undefined where it is accepted. */
function refusal(variant: string, change: Edit, file = variant.includes('bundler') ? `${NAME}_bg.js` : `${NAME}.js`): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
  folders.push(dir);
  cpSync(new URL(`${variant}/`, ARTIFACTS), dir, { recursive: true });
  const code = readFileSync(join(dir, file), 'utf8');
  const edited = change(code);
  expect(edited, 'what the edit made').not.toBe(code);
  writeFileSync(join(dir, file), edited);
  const before = contents(dir);
  try {
    transform({ dir, ...OPTIONS });
    return undefined;
  } catch (error) {
    if (!(error instanceof TransformError)) throw error;
    expect(error.code).toBe('REVIVE_UNKNOWN_GLUE');
    expect(contents(dir)).toEqual(before);
    return error.message;
  }
}

function contents(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'latin1')]));
}

const renamed = (from: string, to: string): Edit => {
  const uses = new RegExp(`(?<![.\\w$'"])${from}(?![\\w$'"])`, 'g');
  return (code) => code.replaceAll(uses, to);
};
const replaced = (from: string | RegExp, to: string): Edit => {
  return (code) => code.replace(from, () => to);
};
const added = (text: string): Edit => {
  return (code) => `${code}\n${text}\n`;
};

describe('what is upstream’s under another name is refused (I9)', () => {
  it.each([
    ['fixtures/abort/web', '__wbg_init', '__wbg_init'],
    ['fixtures/abort/web', '__wbg_finalize_init', '__wbg_finalize_init'],
    ['fixtures/abort/web', 'initSync', 'initSync'],
    ['fixtures/abort/web', '__wbg_get_imports', '__wbg_init_once'],
    ['fixtures/abort/module', '__wbg_get_imports', 'wasmInstance'],
    ['fixtures/abort/nodejs', 'wasm', 'wasm'],
    ['fixtures/abort/nodejs', 'wasmInstance', 'wasmInstance'],
    ['fixtures/abort/nodejs', 'wasmModule', 'wasm'],
    ['fixtures/abort/bundler', 'cachedUint8ArrayMemory0', 'cache'],
    ['fixtures/abort/nodejs', 'addToExternrefTable0', 'addToExternrefTable'],
    ['fixtures/abort/nodejs', 'makeMutClosure', 'make'],
    ['fixtures/abort/nodejs', 'CLOSURE_DTORS', 'CLOSURE_DTORS'],
    ['fixtures/abort/nodejs', 'CounterFinalization', 'CLOSURE_DTORS'],
    ['fixtures/abort/nodejs', '_assertClass', '_assertClass'],
    ['fixtures/abort/nodejs', 'passArrayJsValueToWasm0', 'passArrayJsValueToWasm'],
    ['fixtures/abort/nodejs', '__wbgSuperSkip', '__wbgSuperSkip'],
    ['fixtures/unwind/nodejs', '__wbindgen_jstag_polyfill', 'tag'],
    ['fixtures/unwind/nodejs', 'wrapError', 'wrapError'],
    ['fixtures/unwind/nodejs', '__wbg_handle_catch', '__wbg_handle_catch'],
    ['fixtures/unwind/nodejs', '__wbg_call_guard', '__wbg_call_guard'],
    ['fixtures/unwind/nodejs', 'PanicError', 'somethingElse'],
    ['fixtures-mvp/abort/nodejs', 'heap', 'heap'],
    ['fixtures-mvp/abort/nodejs', 'takeObject', 'takeObject'],
    ['fixtures-mvp/abort/nodejs', 'addHeapObject', 'addHeapObject'],
  ])('%s: %s', (variant, name, said) => {
    const message = refusal(variant, renamed(name, 'somethingElse'));
    expect(message).toContain(said);
    expect(message).toMatch(/:\d+: found /);
  });

  it('a function that enters a closure', () => {
    const change: Edit = (code) => {
      const [, name] = /^function (wasm_bindgen_\w+)\(arg0, arg1/m.exec(code) as unknown as [string, string];
      return code.replaceAll(new RegExp(`(?<!wasm\\.)\\b${name}\\b`, 'g'), 'Counter2');
    };
    expect(refusal('fixtures/abort/nodejs', change)).toContain('`Counter2` that enters a closure');
  });
});

describe('what has a name of upstream’s and is something else is refused (I9)', () => {
  it.each<[string, string, Edit, string]>([
    ['web', 'the instance', replaced('let wasmModule, wasmInstance, wasm;', 'let wasmModule, wasmInstance; let wasm = 1;'), '`wasm`'],
    ['web', 'what replaces it', replaced('    wasm = instance.exports;', ''), '`__wbg_finalize_init`'],
    [
      'web',
      'imports by another name',
      (code) => code.replace('const imports = ', 'const given = ').replace('wasmModule, imports', 'wasmModule, given'),
      '`initSync`',
    ],
    ['nodejs', 'another instance', replaced('new WebAssembly.Instance(wasmModule, __wbg_get_imports())', 'make()'), '`wasmInstance`'],
    ['nodejs', 'a view of memory', replaced('let cachedUint8ArrayMemory0 = null;', 'let cachedUint8ArrayMemory0 = this;'), '`cachedUint8'],
    ['nodejs', 'a joined declaration', replaced('let wasm = ', 'let other = 0, wasm = '), 'joined'],
    [
      'nodejs',
      'a helper',
      replaced('function takeFromExternrefTable0(idx) {', 'function takeFromExternrefTable0(idx) { return;'),
      '`takeFrom',
    ],
    ['nodejs', 'a second of the same name', added('function isLikeNone(x) { return false; }'), 'second declaration of `isLikeNone`'],
    ['nodejs', 'a registry', replaced(/\bCounterFinalization = .*\n.*\n.*;/, 'CounterFinalization = null;'), '`CounterFinalization`'],
    ['bundler', 'what is given the instance', replaced('    wasm = val;', '    wasm = 0;'), '`__wbg_set_wasm`'],
  ])('%s: %s', (target, _, change, said) => {
    expect(refusal(`fixtures/abort/${target}`, change)).toContain(said);
  });

  it.each<[string, Edit, string]>([
    ['a guard', replaced('    if (flag) {', '    if (!flag) {'), '`__wbg_call_guard`'],
    ['a part of a guard', replaced(/^let __wbg_terminated_addr;$/m, ''), '`__wbg_terminated_addr` without its declaration'],
    ['another use of a guard', replaced('__wbg_call_guard();', 'const guarded = __wbg_call_guard();'), 'another use of `__wbg_call_guard`'],
    ['panics’ errors without their name', replaced(/^Object\.defineProperty\(PanicError[\s\S]*?\}\);$/m, ''), '0 times the statement'],
  ])('under panic=unwind: %s', (_, change, said) => {
    expect(refusal('fixtures/unwind/nodejs', change)).toContain(said);
  });

  it('a check of which instance a handle belongs to', () => {
    const change = replaced('this.__wbg_inst !== undefined && this', 'this.__wbg_inst === undefined && this');
    expect(refusal('fixtures/abort/nodejs-reset', change)).toContain('another use of `__wbg_inst`');
  });
});

describe('a start that is not upstream’s is refused (I9)', () => {
  it.each<[string, string, Edit, string?]>([
    ['web', 'left out', replaced('    wasm.__wbindgen_start();\n', '')],
    ['nodejs', 'twice', added('wasm.__wbindgen_start();')],
    ['bundler', 'left out', replaced('wasm.__wbindgen_start();\n', ''), `${NAME}.js`],
  ])('%s: %s', (target, _, change, file) => {
    expect(refusal(`fixtures/abort/${target}`, change, file)).toContain('the start function called');
  });

  it('without an instance', () => {
    const change = replaced('__wbg_set_wasm(wasm);\n', '');
    expect(refusal('fixtures/abort/bundler', change, `${NAME}.js`)).toContain('`__wbg_set_wasm` called 0 times');
  });

  it('with a call of something else', () => {
    const message = refusal('fixtures/abort/bundler', added('console.log(wasm);'), `${NAME}.js`);
    expect(message).toContain('a call in the main file');
    expect(message).toContain(`${NAME}.js:`);
  });
});

describe('text that would mean something else where the output has it is refused (I9)', () => {
  it.each<[string, string, Edit, string]>([
    ['nodejs', '`this` at the top', added('let receiver = this;'), '`this` at the top'],
    ['web', '`await` at the top', added('let awaited = [await 0];'), '`await 0` at the top'],
    [
      'nodejs',
      '`super` in a method',
      replaced('wasm.counter_inc(this.__wbg_ptr)', 'wasm.counter_inc(super.__wbg_ptr)'),
      '`super` in `Counter.inc`',
    ],
    [
      'nodejs',
      '`arguments` in a method',
      replaced('wasm.counter_inc(this.__wbg_ptr)', 'wasm.counter_inc(arguments)'),
      '`arguments` in `Counter.inc`',
    ],
    ['nodejs', '`arguments` in an exported function', replaced('wasm.add(a, b)', 'wasm.add(...arguments)'), '`arguments` in a function'],
    [
      'nodejs',
      'a super called twice',
      replaced('super(__wbgSuperSkip);', 'super(__wbgSuperSkip); super(__wbgSuperSkip);'),
      '`super` in `Dog.constructor`',
    ],
    ['nodejs', 'no super', replaced('super(__wbgSuperSkip);', ''), 'a constructor of `Dog`'],
    ['nodejs', 'a pointer of another kind', replaced('        obj.__wbg_ptr = ptr;\n', ''), '`__wrap` of class'],
    ['nodejs', 'a class of another kind', replaced('class Dog extends Animal', 'class Dog extends (0, Animal)'), 'extends something else'],
    ['nodejs', 'a method that the class has not', replaced('this.__destroy_into_raw()', 'this.of()'), '`this.of`'],
    [
      'nodejs',
      '`this` for something else',
      replaced('wasm.counter_inc(this.__wbg_ptr)', 'wasm.counter_inc(+this)'),
      'another use of `this`',
    ],
    ['nodejs', 'the instance for something else', replaced('wasm.add(a, b)', 'wasm(a, b)'), 'another use of the instance'],
    ['nodejs', 'what objects inherit', replaced('wasm.add(a, b)', 'wasm.valueOf(a, b)'), '`wasm.valueOf`'],
    ['nodejs', 'its own exports', replaced('wasm.add(a, b)', 'wasm.add(exports, b)'), 'a use of `exports`'],
    ['nodejs', 'a change of the instance', replaced('wasm.add(a, b)', '(wasm.add = a)'), 'a change of what the instance exports'],
  ])('%s: %s', (target, _, change, said) => {
    expect(refusal(`fixtures/abort/${target}`, change)).toContain(said);
  });
});

describe('names that a program gives are accepted, whatever they are', () => {
  it.each<[string, string, Edit]>([
    ['web', 'a function', (code) => code.replace('export function add(', 'export function heap(')],
    ['web', 'a function of another kind of upstream’s', (code) => code.replace('export function add(', 'export function wrapError(')],
    ['bundler', 'a function that other targets have', (code) => code.replace('export function empty(', 'export function initSync(')],
    [
      'nodejs',
      'a function that is exported under it',
      (code) => code.replace('function add(', 'function getObject(').replace('exports.add = add', 'exports.getObject = getObject'),
    ],
    ['nodejs', 'an enum', (code) => code.replaceAll(/\bColor\b/g, 'heap')],
    ['nodejs', 'a class', (code) => code.replaceAll(/\bTicker\b/g, 'wrapError')],
    ['nodejs', 'a function of a snippet', (code) => `const { takeObject } = require("node:util");\n${code}`],
  ])('%s: %s', (target, _, change) => {
    expect(refusal(`fixtures/abort/${target}`, change)).toBeUndefined();
  });
});

describe('the vocabulary', () => {
  it('has shapes that can be read', () => {
    for (const { is, uses = [], with: beside } of VOCABULARY) for (const text of [...is, ...uses, ...(beside ? [beside] : [])]) shape(text);
  });

  it.each<[string, string, boolean]>([
    ['f(1, 2);', 'f(1, 2);', true],
    ['f(1, 2);', 'f(1);', false],
    ['f((1), /* a comment */ "two");', "f(1, 'two');", true],
    ['f(a, b);', 'f($_, $_);', true],
    ['f(a, b);', 'f($x, $x);', false],
    ['f(a.b, a.b);', 'f($x, $x);', true],
    ['f(a, b, c);', 'f(a, ...$$);', true],
    ['function f() { a(); b(); }', 'function f() { $$; b(); }', true],
    ['function f() { a(); b(); }', 'function f() { maybe: c(); a(); maybe: b(); }', true],
    ['function f() { a = null; b = null; }', 'function f() { any: $_ = null; }', true],
    ['function f() { a = null; b = 1; }', 'function f() { any: $_ = null; }', false],
    ['let a = null;', 'let $name = null;', true],
    ['let a;', 'let $name = $_;', false],
    ['const a = `b`;', 'const a = `c`;', false],
  ])('%s has the shape %s: %s', (code, text, expected) => {
    const [node] = parse('glue.js', code).program.body;
    expect(node !== undefined && hasShape(node, shape(text))).toBe(expected);
  });

  it('takes any name for the one that it is asked about', () => {
    const [node] = parse('glue.js', 'function other(idx) { return heap[idx]; }').program.body;
    const get = shape('function getObject(idx) { return heap[idx]; }');
    expect(node !== undefined && [hasShape(node, get), hasShape(node, get, 'getObject')]).toEqual([false, true]);
  });
});
