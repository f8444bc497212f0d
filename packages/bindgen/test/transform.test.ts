import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { RESERVED_NAMES } from '@wasm-revive/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { inspectWasm, type Target, TransformError, type TransformOptions, transform, transformedFiles } from '../src/index.js';
import { declaredNames, type Node, parse, walk } from '../src/syntax/ast.js';
import type { FunctionNode } from '../src/syntax/oxc.js';
import { OURS } from '../src/validate/validate.js';

const ARTIFACTS = new URL('../../../.artifacts/fixtures/', import.meta.url);
const NAME = 'wasm_revive_fixtures';
const TARGETS: readonly Target[] = ['web', 'bundler', 'nodejs', 'module'];
const OPTIONS = { runtime: { import: 'wasm-revive/runtime' }, version: '9.9.9' } as const;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A copy of what wasm-bindgen made of the fixtures, to be transformed in place. */
function packageFor(variant: string, panic = 'abort'): string {
  const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
  folders.push(dir);
  cpSync(new URL(`${panic}/${variant}/`, ARTIFACTS), dir, { recursive: true });
  return dir;
}

/** Every file of a folder, by its path. */
function contentOf(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(dir, path), readFileSync(path).toString('base64')];
    }),
  );
}

function glueFile(target: Target): string {
  return target === 'bundler' ? `${NAME}_bg.js` : `${NAME}.js`;
}

/** Edits the glue of a package before it is transformed. */
function edit(dir: string, change: (code: string) => string): string {
  const path = join(dir, `${NAME}.js`);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return dir;
}

/** Glue for the web as it was before 0.2.128: its init function does everything. */
function withOneInit(code: string): string {
  return code
    .replace(/^let __wbg_init_promise;\n[\s\S]*?\n\}\n/m, '')
    .replace(
      'async function __wbg_init_once(module_or_path) {',
      'async function __wbg_init(module_or_path) { if (wasm !== undefined) return wasm;',
    );
}

/** Every name that is bound at the top of a file or of the factory in it, or that functions there have for what they are called on, or for themselves. */
function bindings(code: string): Set<string> {
  const { program } = parse('glue.js', code);
  let scope: FunctionNode | undefined;
  walk(program, (node) => {
    if (node.type === 'FunctionExpression' && node.id?.name === '$scope') scope = node;
  });
  const inner: readonly Node[] = scope?.body?.body ?? [];
  const names = [...topOf(program.body), ...inner].flatMap((node) =>
    declaredNames(node.type === 'ExportNamedDeclaration' && node.declaration ? node.declaration : node),
  );
  const params = scope?.params.map((param) => (param.type === 'Identifier' ? param.name : '')) ?? [];
  return new Set([...names, ...params, ...(/\(\$this\b/.test(code) ? ['$this'] : []), ...(/function \$own\b/.test(code) ? ['$own'] : [])]);
}

/** The statements at the top of glue; those of the function that holds all of it, in a script. */
function topOf(body: readonly Node[]): readonly Node[] {
  const [first] = body;
  const called = first?.type === 'VariableDeclaration' ? first.declarations[0]?.init : undefined;
  const callee = called?.type === 'CallExpression' ? called.callee : undefined;
  const fn = callee?.type === 'ParenthesizedExpression' ? callee.expression : callee;
  return fn?.type === 'FunctionExpression' ? (fn.body?.body ?? []) : body;
}

function thrownBy(run: () => unknown): TransformError {
  try {
    run();
  } catch (error) {
    if (error instanceof TransformError) return error;
    throw error;
  }
  throw new Error('did not throw');
}

describe.each(TARGETS)('a package for %s', (target) => {
  it('is given transformed as it would be written, and nothing is written', () => {
    const dir = packageFor(target);
    const before = contentOf(dir);
    const { files, modules, warnings } = transformedFiles({ dir, ...OPTIONS });
    expect(contentOf(dir)).toEqual(before);
    const result = transform({ dir, ...OPTIONS });
    expect(modules).toEqual(result.modules);
    expect(warnings).toEqual(result.warnings);
    const given = Object.fromEntries([...files].map(([file, content]) => [file, Buffer.from(content).toString('base64')]));
    expect({ ...before, ...given }).toEqual(contentOf(dir));
  });

  it.each(['abort', 'unwind'])('keeps its files and adds what it says, under panic=%s', (panic) => {
    const dir = packageFor(target, panic);
    const before = inspectWasm(readFileSync(join(dir, `${NAME}_bg.wasm`)));
    const result = transform({ dir, ...OPTIONS });
    expect(result).toMatchObject({
      outDir: dir,
      modules: [{ name: NAME, target, wasmBindgen: expect.stringMatching(/^0\.2\.\d+/) }],
      warnings: [],
    });
    for (const file of result.files) expect(existsSync(join(dir, file)), file).toBe(true);
    const after = inspectWasm(readFileSync(join(dir, `${NAME}_bg.wasm`)));
    const added = { kind: 'global', name: expect.stringMatching(/^__wasm_revive_global_\d+$/), mutable: true, type: 'i32' };
    const hidden = before.mutableGlobals.filter(({ exportedAs }) => exportedAs === null);
    expect(hidden).not.toEqual([]);
    expect(after.exports).toEqual([...before.exports, ...hidden.map(() => expect.objectContaining(added))]);
    expect(readFileSync(join(dir, `${NAME}.d.ts`), 'utf8')).toContain(
      `export const __revive: import("wasm-revive/runtime").Revive<typeof import("./${NAME}.js")>;`,
    );
  });

  it('has a source map that leads back to the glue', () => {
    const dir = packageFor(target);
    const original = readFileSync(join(dir, glueFile(target)), 'utf8');
    transform({ dir, ...OPTIONS });
    const lines = readFileSync(join(dir, glueFile(target)), 'utf8').split('\n');
    const map = new TraceMap(readFileSync(join(dir, `${glueFile(target)}.map`), 'utf8'));
    const line = lines.findIndex((text) => text.includes('function getStringFromWasm0('));
    const position = originalPositionFor(map, { line: line + 1, column: lines[line]?.indexOf('getStringFromWasm0') ?? 0 });
    expect(original.split('\n')[(position.line ?? 0) - 1]).toContain('function getStringFromWasm0(');
  });
});

describe('a package that has been transformed', () => {
  it('is refused, and stays as it is', () => {
    const dir = packageFor('nodejs');
    transform({ dir, ...OPTIONS });
    const first = readFileSync(join(dir, `${NAME}.js`), 'utf8');
    const error = thrownBy(() => transform({ dir, ...OPTIONS }));
    expect(error.code).toBe('REVIVE_ALREADY_TRANSFORMED');
    expect(error.message).toContain('wasm-revive 9.9.9');
    expect(readFileSync(join(dir, `${NAME}.js`), 'utf8')).toBe(first);
  });
});

describe('a folder in which an earlier build for the bundler target has left its files', () => {
  it.each([false, true])('is what the last build has made of it (transformed before: %s)', (transformed) => {
    const dir = packageFor('bundler');
    if (transformed) transform({ dir, ...OPTIONS });
    cpSync(new URL('abort/web/', ARTIFACTS), dir, { recursive: true });
    expect(transform({ dir, ...OPTIONS }).modules[0]?.target).toBe('web');
  });
});

describe('glue of an unknown shape is refused with its line (I9)', () => {
  const append = (text: string) => (code: string) => `${code}\n${text}\n`;

  it.each([
    ['a loop at the top', append('while (false) {}'), 'WhileStatement'],
    ['a use of the instance at the top', append('console.log(wasm.memory);'), 'ExpressionStatement'],
    ['an instance that a variable is to keep', append('const saved = wasm;'), 'VariableDeclaration'],
    ['a class that stands for nothing', append('class Other {}'), 'Other'],
    ['JavaScript promise integration', append('const f = () => WebAssembly.promising(wasm.x);'), 'promise integration'],
    ['another object for the exports', append('exports = {};'), 'an assignment to `exports`'],
    ['a name that the output needs', append('const $scope = 1;'), '$scope'],
    ['a name that methods need', append('function f() { const $this = 1; }'), '$this'],
  ])('%s', (_, change, found) => {
    const dir = edit(packageFor('nodejs'), change);
    const lines = readFileSync(join(dir, `${NAME}.js`), 'utf8')
      .trimEnd()
      .split('\n').length;
    const error = thrownBy(() => transform({ dir, ...OPTIONS }));
    expect(error.code).toBe('REVIVE_UNKNOWN_GLUE');
    expect(error.message).toContain(`${NAME}.js:${lines}: `);
    expect(error.message).toContain(found);
  });

  it('every name that the output binds where text of the glue is, is one of those; and no other is refused', { timeout: 30_000 }, () => {
    const ours = new Set<string>();
    for (const [variant, panic, older, recovery, prewarmed] of [
      ...TARGETS.flatMap(
        (target) =>
          [
            [target, 'abort'],
            [target, 'unwind'],
          ] as const,
      ),
      ['module-reset', 'unwind'],
      // It moves Rust's stack pointer by itself.
      ['web', '../fixtures-mvp/abort'],
      // It has the crates, so what an import throws unwinds Rust.
      ['nodejs', '../fixtures-revive/unwind'],
      // Before 0.2.128, glue doesn't know of initialisations that overlap.
      ['web', 'abort', withOneInit],
      ['web', 'abort', undefined, 'rollback'],
      ['web', '../fixtures-mvp/abort', undefined, 'rollback'],
      // Rust holds values of JavaScript from the beginning.
      ['web', 'abort', undefined, 'fresh', beginsHolding],
      // The runtime is in it. A script has no snippets, as the other fixtures do.
      ['no-modules', '../bench-fixture/abort'],
    ] as const) {
      const dir = packageFor(variant, panic);
      if (older !== undefined) edit(dir, older);
      const name = variant === 'no-modules' ? 'wasm_revive_bench_fixture' : NAME;
      const file = join(dir, variant === 'bundler' ? `${name}_bg.js` : `${name}.js`);
      const theirs = bindings(readFileSync(file, 'utf8'));
      const none = { code: '', types: '' };
      transform({
        dir,
        ...OPTIONS,
        recovery,
        prewarmed: prewarmed?.(dir),
        ...(variant === 'no-modules' && { runtime: { esm: none, cjs: none } }),
      });
      // `Counter$inc` is no name of a variable of the glue's, either: that is seen to one by one.
      for (const name of bindings(readFileSync(file, 'utf8'))) if (!theirs.has(name) && !/^\w+\$/.test(name)) ours.add(name);
    }
    expect([...ours].filter((name) => !OURS.test(name))).toEqual([]);
    expect(RESERVED_NAMES.filter((name) => !ours.has(`$${name}`))).toEqual([]);
  });

  it('what is not JavaScript', () => {
    const dir = edit(packageFor('nodejs'), append('function ('));
    expect(thrownBy(() => transform({ dir, ...OPTIONS }))).toMatchObject({ code: 'REVIVE_UNKNOWN_GLUE' });
  });
});

/** A state of the fixtures in which Rust holds an object of the host, and one of its own. */
function beginsHolding(dir: string): TransformOptions['prewarmed'] {
  const { memories, mutableGlobals } = inspectWasm(readFileSync(join(dir, `${NAME}_bg.wasm`)));
  const held = {
    length: 2_000,
    values: [
      [1_500, ['object', 0]],
      [1_501, ['object', 1]],
    ],
    objects: [
      ['global', ['console'], 'object'],
      ['object', true, [['own', 1]]],
    ],
  } as const;
  const memory = new Uint8Array((memories[0]?.initial ?? 0) * 65_536);
  return new Map([[NAME, { memory, globals: new Uint8Array(8 * mutableGlobals.length), references: held.length, held }]]);
}

describe('glue that a minifier has written anew', () => {
  it.each<[string, (code: string) => string, RegExp, string?]>([
    ['parameters', (code) => code.replace(/(__wbg_\w+: function\()arg0\b/, '$1e'), /__wbg_\w+ whose parameters/, 'abort'],
    ['parameters of what it wraps', (code) => code.replace(/function \(arg0\b/, 'function (e'), /__wbg_\w+ whose parameters/],
    [
      'closures',
      (code) => code.replace(/(CLOSURE_DTORS\.register\(real, state, state\));\s*return real;/, 'return $1, real;'),
      /a `make(?:Mut)?Closure` that is not the one that wasm-bindgen writes/,
    ],
    ['variables', (code) => code.replace('let WASM_VECTOR_LEN = 0;', '').replace('let wasm', 'let WASM_VECTOR_LEN = 0, wasm'), /joined/],
  ])('is refused, for half of the module would be protected: %s (I9)', (_, minify, found, panic = 'unwind') => {
    const dir = edit(packageFor('nodejs', panic), (code) => {
      const minified = minify(code);
      expect(minified).not.toBe(code);
      return minified;
    });
    const error = thrownBy(() => transform({ dir, ...OPTIONS }));
    expect(error.code).toBe('REVIVE_UNKNOWN_GLUE');
    expect(error.message).toMatch(found);
  });

  it('is taken where only white space is gone', () => {
    const dir = edit(packageFor('web'), (code) => code.replaceAll(/\n(?=(?:export|import)\b)/g, ';'));
    expect(transform({ dir, ...OPTIONS }).modules[0]?.target).toBe('web');
  });
});

/** What keeps JavaScript's values for Rust in a module without reference types. */
const SLOTS = `let heap = new Array(1024).fill(undefined);
heap.push(undefined, null, true, false);
let heap_next = heap.length;
function getObject(idx) { return heap[idx]; }
function dropObject(idx) { if (idx < 1028) return; heap[idx] = heap_next; heap_next = idx; }
function takeObject(idx) { const ret = getObject(idx); dropObject(idx); return ret; }
`;

describe('glue of a module without reference types, whose values are numbers of slots', () => {
  it('reacts to promises through the host, too', () => {
    const dir = edit(packageFor('nodejs'), (code) => {
      const slots = code.replaceAll(/\b(arg\d+)\.then\((arg\d+)(?:, (arg\d+))?\)/g, (_, target, first, second) => {
        return `getObject(${target}).then(getObject(${first})${second === undefined ? '' : `, getObject(${second})`})`;
      });
      return `${slots}\n${SLOTS}`;
    });
    transform({ dir, ...OPTIONS });
    const code = readFileSync(join(dir, `${NAME}.js`), 'utf8');
    expect(code).toContain("$host.react(getObject(arg0), 'then', [getObject(arg1)])");
    expect(code).not.toContain('.then(getObject(');
  });
});

describe('glue that is rarely seen', () => {
  it.each(['module', 'exports'])('nodejs, with a parameter that is called `%s` in Rust', (name) => {
    const dir = edit(packageFor('nodejs'), (code) =>
      code.replace(/^function echo\(text\) \{.*?^\}/ms, (echo) => echo.replaceAll(/\btext\b/g, name)),
    );
    expect(readFileSync(join(dir, `${NAME}.js`), 'utf8')).toContain(`function echo(${name})`);
    expect(transform({ dir, ...OPTIONS }).modules[0]?.target).toBe('nodejs');
    // What stands for CommonJS's own there is still refused.
    const other = edit(packageFor('nodejs'), (code) => code.replace(/^function echo\(text\) \{/m, `$& ${name}.text = text;`));
    expect(thrownBy(() => transform({ dir: other, ...OPTIONS })).message).toContain(
      `a use of \`${name}\` in what each instance has of its own`,
    );
  });

  it('nodejs, of a module that exports nothing', () => {
    const withoutExports = (code: string) => code.replaceAll(/^exports\..*$/gm, '').replaceAll(/^const \{.*\} = require\(.*\);$/gm, '');
    expect(transform({ dir: edit(packageFor('nodejs'), withoutExports), ...OPTIONS }).modules[0]?.target).toBe('nodejs');
  });

  it('a constructor of a class that extends another, which begins in the `try` around what moves the stack pointer (I9)', () => {
    const dir = edit(packageFor('nodejs'), (code) =>
      code.replace(/( {8}super\(__wbgSuperSkip\);[\s\S]*?)\n {4}\}\n/, '        try {\n$1\n        } finally { Object(16); }\n    }\n'),
    );
    transform({ dir, ...OPTIONS });
    const code = readFileSync(join(dir, `${NAME}.js`), 'utf8');
    expect(code).toContain('finally { Object(16); }');
    // The façade's, and none in a plain function, where it would be a syntax error.
    expect(code.match(/super\(/g)).toHaveLength(1);
    expect(code).toMatch(/super\(__wbgSuperSkip\);\n +if \(arguments\[0\] === __wbgSuperSkip\) return;/);
  });

  it('closures that enter Rust through an export with a number, as in glue before 0.2.100 (I4)', () => {
    const dir = packageFor('nodejs');
    const [, name] = /^function (wasm_bindgen_\w+)\(arg0, arg1/m.exec(readFileSync(join(dir, `${NAME}.js`), 'utf8')) as unknown as [
      string,
      string,
    ];
    edit(dir, (code) =>
      code.replaceAll(new RegExp(`(wasm\\.)?\\b${name}\\b`, 'g'), (_, of) => (of ? 'wasm.__wbindgen_malloc' : '__wbg_adapter_9')),
    );
    transform({ dir, ...OPTIONS });
    expect(readFileSync(join(dir, `${NAME}.js`), 'utf8')).toMatch(
      /function __wbg_adapter_9\(.*\) \{\s*if \(\$raw\.binding === undefined\) return \$refuse\(/,
    );
  });

  it("a FinalizationRegistry that an import makes is the program's", () => {
    const dir = edit(packageFor('nodejs'), (code) => `${code}\nfunction made(arg0) { return new FinalizationRegistry(arg0); }\n`);
    transform({ dir, ...OPTIONS });
    expect(readFileSync(join(dir, `${NAME}.js`), 'utf8')).toContain('return new FinalizationRegistry($host.finalizer(arg0));');
  });
});

describe('what imports give to the host to call later', () => {
  const transformed = (imports: string): string => {
    const dir = edit(packageFor('nodejs'), (code) => `${code}\n${imports}\n`);
    transform({ dir, ...OPTIONS });
    return readFileSync(join(dir, `${NAME}.js`), 'utf8');
  };

  it("passes through the host, with the arguments' own text", () => {
    const code =
      transformed(`${SLOTS}function a(arg0, arg1, arg2, arg3) { getObject(arg0).addEventListener(getStringFromWasm0(arg1, arg2), getObject(arg3)); }
function b(arg0, arg1, arg2) { const ret = getObject(arg0).setTimeout(getObject(arg1), arg2, ...arg3); return ret; }
function c(arg0) { document.addEventListener('click', takeObject(arg0)); }
function d(arg0, arg1) { getObject(arg0).onclick = takeObject(arg1); }
function e(arg0, arg1) { return new ResizeObserver(takeObject(arg0), arg1); }
function f(arg0) { requestAnimationFrame(getObject(arg0)); }
function g(arg0, arg1) { arg0.queueMicrotask(arg1); }
function h(arg0, arg1) { arg0.queueMicrotask = arg1; }
function i(arg0, arg1) { queueMicrotask(getObject(arg0), getObject(arg1)); }
function j(arg0, arg1) { queueMicrotask(arg0, takeObject(arg1)); }`);
    for (const expected of [
      "$host.register(getObject(arg0), 'addEventListener', [getStringFromWasm0(arg1, arg2), getObject(arg3)]);",
      "const ret = $host.register(getObject(arg0), 'setTimeout', [getObject(arg1), arg2, ...arg3]);",
      "$host.register(document, 'addEventListener', ['click', takeObject(arg0)]);",
      "$host.setHandler(getObject(arg0), 'onclick', takeObject(arg1), ($target, $handler) => { $target.onclick = $handler; });",
      'return $host.observe(ResizeObserver, [takeObject(arg0), arg1]);',
      "$host.register(globalThis, 'requestAnimationFrame', [getObject(arg0)]);",
      'arg0.queueMicrotask($host.microtask(arg1, true));',
      'arg0.queueMicrotask = arg1;',
      'queueMicrotask($host.microtask(getObject(arg0), true, getObject(arg1)), getObject(arg1));',
      'queueMicrotask($host.microtask(arg0, true), takeObject(arg1));',
    ]) {
      expect(code).toContain(expected);
    }
  });

  it("does not where a snippet's function has the name of one of the host's", () => {
    const code = transformed(`const { setTimeout, queueMicrotask, MutationObserver } = require("node:timers");
function a(arg0) { setTimeout(arg0, 1); queueMicrotask(arg0); return new MutationObserver(arg0); }`);
    expect(code).toContain('{ setTimeout(arg0, 1); queueMicrotask(arg0); return new MutationObserver(arg0); }');
  });
});

describe('words in comments, properties and imports of the program are no matter', () => {
  const words = '/** `require("fs")`, in Deno. `$host` and `$app` are $id, __revive too; const wasmUrl = new URL(…). */';

  it.each(TARGETS)('%s', (target) => {
    const dir = packageFor(target);
    for (const file of new Set([`${NAME}.js`, glueFile(target)])) {
      const code = readFileSync(join(dir, file), 'utf8');
      const own =
        target === 'nodejs' ? 'const { readFileSync, $id: other } = require("node:fs");' : 'import { readFileSync } from "node:fs";';
      const uses = file === glueFile(target) ? '\nfunction note() { return Deno.cwd().$id + this.__revive + readFileSync.$host; }' : '';
      writeFileSync(join(dir, file), `${own}\n${code}\n${words}${uses}\n`);
    }
    expect(transform({ dir, ...OPTIONS }).modules[0]?.target).toBe(target);
  });
});

describe('glue and wasm of different builds are refused (I9)', () => {
  it('exports that are missing', () => {
    const dir = packageFor('nodejs');
    cpSync(new URL('../generated/transform.wasm', import.meta.url), join(dir, `${NAME}_bg.wasm`));
    const error = thrownBy(() => transform({ dir, ...OPTIONS }));
    expect(error.code).toBe('REVIVE_WASM_MISMATCH');
    expect(error.message).toContain('uses an export');
  });

  it('an import that is missing', () => {
    const dir = edit(packageFor('nodejs'), (code) =>
      code.replace('__wbindgen_init_externref_table: function', '__wbindgen_something_else: function'),
    );
    expect(thrownBy(() => transform({ dir, ...OPTIONS }))).toMatchObject({
      code: 'REVIVE_WASM_MISMATCH',
      message: expect.stringContaining('__wbindgen_init_externref_table'),
    });
  });
});
