/**
 * How each target gets its module and its first instance. What upstream does there stays as it is, where it can.
 */

import { type Glue, isWasmExport, type Target } from '../read/glue.js';
import { AGAIN } from '../read/older-web.js';
import { calleeName, keyName, memberOf, walk } from '../syntax/ast.js';
import { propertyKey, urlOfFile } from '../syntax/names.js';
import type { WasmImport, WasmInfo } from '../wasm/wasm-info.js';

/** What the module needs of its engine for exceptions, as text: `{ encoding: 'legacy', jsTag: false }`. Undefined when it uses none. */
export function exceptionHandling(glue: Glue, { exceptions, tags }: WasmInfo): string | undefined {
  if (exceptions === 'none') return undefined;
  // Rust's panics have a tag of the module's own. Others are the engine's, and the glue's: for what imports throw.
  const importsOnly = tags.every(({ imported }) => imported) ? ', importsOnly: true' : '';
  return `{ encoding: '${exceptions}', jsTag: ${usesJsTag(glue)}${importsOnly} }`;
}

/** Whether the glue's code asks for `WebAssembly.JSTag`; what its documentation says is no matter. */
function usesJsTag({ statements }: Glue): boolean {
  let found = false;
  for (const { node } of statements) {
    walk(node, (child) => {
      if (memberOf(child, 'WebAssembly') === 'JSTag') found = true;
    });
  }
  return found;
}

/**
 * Where the module would be compiled, or instances be made of it, before the manager is asked for anything, an engine that can't is refused
 * here. Note: `import source`, and a wasm file that the engine itself imports, it compiles before any code runs.
 */
export function emitEngineCheck(glue: Glue, wasm: WasmInfo): string {
  const needed = !isInitialised(glue.target) && glue.target !== 'module' && exceptionHandling(glue, wasm) !== undefined;
  return needed ? '$app.checkEngine();\n' : '';
}

/** The end of a transformed file of glue. */
export function emitInit(glue: Glue, wasm: WasmInfo): string {
  switch (glue.target) {
    case 'web':
    case 'no-modules':
      return emitWeb(glue);
    case 'nodejs':
      if (exportedImports(glue, wasm).length > 0) {
        // The first instance is the one whose imports are exported.
        return `${loading(glue)}\n$app.adopt($first, new WebAssembly.Instance(wasmModule, $first), wasmModule);\n`;
      }
      return `${loading(glue)}\n$app.boot(wasmModule);\n`;
    case 'experimental-nodejs-module':
    case 'module':
    case 'deno':
      // With `--debug`, the export list names the instance: `export { wasm as __wasm }`.
      return `${loading(glue)}\n$app.boot(wasmModule);\nconst wasm = $app.wasm;\n`;
    case 'bundler':
      // Note: upstream gives the exports of an instance here; of those, no second instance can be made. And it returns nothing, which
      // tells the entry whose glue it is.
      return `export function __wbg_set_wasm(source, module, start = false) {
    // Note: a promise only where the engine makes no instance of the module synchronously.
    const $booting = $app.bootFrom(source, module, $first, start);
    return $booting === undefined ? $app : $booting.then(() => $app);
}
`;
  }
}

/**
 * How the module is read, as text: in the bundler target, whose program may make the first instance and keep the module. Undefined elsewhere.
 */
export function emitLoad({ target, statements }: Glue, wasmFile: string): string | undefined {
  if (target !== 'bundler') return undefined;
  // Note: bundlers look for `new URL(…)` as it stands here. A type of the program's may have that name.
  const url = statements.some(({ declares }) => declares.includes('URL')) ? 'globalThis.URL' : 'URL';
  return `() => $loadModule(undefined, () => new ${url}(${JSON.stringify(`./${urlOfFile(wasmFile)}`)}, import.meta.url))`;
}

/** What a user does to initialise the module, for messages; undefined where it initialises itself. */
export function initHint(target: Target): string | undefined {
  if (target === 'no-modules') return 'wasm_bindgen() (or wasm_bindgen.initSync())';
  return target === 'web' ? 'the default export (or initSync)' : undefined;
}

/** Whether it is the program that has the module loaded, after the glue. */
export function isInitialised(target: Target): boolean {
  return target === 'web' || target === 'no-modules';
}

/** How a scope gets its raw import object. */
export function rawImports(glue: Glue, wasm: WasmInfo): string {
  if (glue.target !== 'bundler') return '__wbg_get_imports()';
  const own = ownModule(wasm);
  const others = otherModules(wasm);
  const locals = exportedLocals(glue);
  const modules = new Map<string, WasmImport[]>();
  for (const entry of wasm.imports) modules.set(entry.module, [...(modules.get(entry.module) ?? []), entry]);
  const textOf = ({ name, from }: WasmImport): string =>
    from === undefined ? (locals.get(name) ?? name) : `${namespaceOf(others, from.module)}[${JSON.stringify(from.name)}]`;
  const entries = [...modules].map(([module, imports]) => {
    const members = imports.map((entry) => `        ${propertyKey(entry.name)}: ${textOf(entry)},\n`).join('');
    const value =
      module === own
        ? `{\n        __proto__: null,\n${members}      }`
        : module === STRING_CONSTANTS
          ? EVERY_STRING
          : namespaceOf(others, module);
    return `      ${propertyKey(module)}: ${value},\n`;
  });
  return `{\n      __proto__: null,\n${entries.join('')}    }`;
}

/** The modules besides the glue from which something is imported, as a namespace each. */
function otherModules(wasm: WasmInfo): string[] {
  const own = ownModule(wasm);
  const modules = wasm.imports.map(({ module, from }) => from?.module ?? module);
  return [...new Set(modules)].filter((module) => module !== own && module !== STRING_CONSTANTS);
}

function namespaceOf(others: readonly string[], module: string): string {
  return `$import${others.indexOf(module)}`;
}

/** With `--js-string-builtins`: the module in which every string is an import of its own name. Only a wasm file may import it. */
const STRING_CONSTANTS = 'wasm:js/string-constants';

/** What upstream's other targets give in its place. */
const EVERY_STRING = 'new globalThis.Proxy({}, { __proto__: null, get: (_, name) => name })';

/** What export lists call by another name: exported name to local one. */
function exportedLocals(glue: Glue): Map<string, string> {
  const locals = new Map<string, string>();
  for (const { node } of glue.statements) {
    if (node.type !== 'ExportNamedDeclaration') continue;
    for (const { local, exported } of node.specifiers) {
      const name = keyName(exported);
      if (local.type === 'Identifier' && name !== undefined) locals.set(name, local.name);
    }
  }
  return locals;
}

/** In the bundler target, Wasm imports other modules by itself; a factory has to do it for every instance. */
export function extraImports(glue: Glue, wasm: WasmInfo): string {
  if (glue.target !== 'bundler') return '';
  const others = otherModules(wasm);
  return others.map((module) => `import * as ${namespaceOf(others, module)} from ${JSON.stringify(module)};\n`).join('');
}

/**
 * The import functions that the bundler target exports to the wasm file. Where the engine, a bundler or the program makes an instance of it,
 * that one is the first generation, so that who imports the wasm file too (`import { memory } from './app_bg.wasm'`) means the same instance.
 */
export function emitWasmImports(glue: Glue, wasm: WasmInfo): string {
  const functions = exportedImports(glue, wasm);
  const own = ownModule(wasm);
  if (glue.target === 'nodejs' && functions.length > 0) {
    const exported = functions.map(({ name }) => `exports.${name} = $imports.${name};\n`);
    return `const $first = $app.prepare(), $imports = $first[${JSON.stringify(own)}];\n${exported.join('')}`;
  }
  if (glue.target !== 'bundler') return '';
  // It has no guard, and is what an instance calls first that the program starts before it has shown the exports.
  const first = functions.find(({ name }) => name === '__wbindgen_init_externref_table')?.name;
  const others = functions.flatMap(({ name }) => (name === first ? [] : [`    ${name},\n`]));
  return `const $first = $app.prepare()${functions.length === 0 ? '' : `, $imports = $first[${JSON.stringify(own)}]`};
${others.length === 0 ? '' : `export const {\n${others.join('')}} = $imports;\n`}${first === undefined ? '' : `export const ${first} = () => { $app.claim(); $imports.${first}(); };\n`}`;
}

/** What the wasm file imports and the glue exports: all of it in the bundler target, and in older glue for `nodejs`. */
function exportedImports(glue: Glue, wasm: WasmInfo): readonly WasmImport[] {
  if (glue.target !== 'bundler' && glue.target !== 'nodejs') return [];
  const own = ownModule(wasm);
  return wasm.imports.filter(
    (entry) => entry.module === own && entry.kind === 'function' && (entry.from !== undefined || glue.functions.has(entry.name)),
  );
}

/**
 * The module name under which a wasm file imports its own glue: \`./app_bg.js\`. A snippet of the program's can be called like it, so the
 * one from which wasm-bindgen's own functions come is preferred.
 */
export function ownModule(wasm: WasmInfo): string | undefined {
  const likely = wasm.imports.filter(({ module }) => /^(?:\.\/.*_bg\.js|wbg|__wbindgen_placeholder__)$/s.test(module));
  return (likely.find(({ name }) => name.startsWith('__wb')) ?? likely[0])?.module;
}

function loading(glue: Glue): string {
  return glue.statements
    .filter(({ role }) => role === 'init')
    .map(({ node }) =>
      node.type === 'ExpressionStatement' && isWasmExport(node.expression)
        ? 'exports.__wasm = $app.wasm;'
        : glue.code.slice(node.start, node.end),
    )
    .join('\n');
}

/**
 * `initSync`, `__wbg_load` and `__wbg_init` stay as they are, with two of the functions that they use replaced.
 * Note: the imports go along with the instance, so that an instance can't end up with the scope of another one when two
 * initialisations overlap.
 */
function emitWeb(glue: Glue): string {
  // Since 0.2.128, overlapping initialisations share one instance; before, upstream starts two, and forgets one.
  const overlaps = glue.statements.some(({ declares }) => declares.includes('__wbg_init_promise'));
  const edits: { at: number; remove: number; insert: string }[] = [];
  for (const { node, role } of glue.statements) {
    if (role !== 'init') continue;
    walk(node, (child) => {
      const last = child.type === 'CallExpression' && calleeName(child) === '__wbg_finalize_init' ? child.arguments.at(-1) : undefined;
      if (last) edits.push({ at: last.end, remove: 0, insert: ', imports' });
      if (!overlaps && child.type === 'FunctionDeclaration' && child.id?.name === '__wbg_init') {
        edits.push({ at: child.id.start, remove: child.id.name.length, insert: '$initOnce' });
      }
    });
  }
  const init = glue.statements
    .filter(({ role }) => role === 'init')
    .map(({ node }) => {
      let text = glue.code.slice(node.start, node.end);
      const inside = edits.filter(({ at }) => at > node.start && at < node.end).sort((a, b) => b.at - a.at);
      for (const { at, remove, insert } of inside) {
        text = text.slice(0, at - node.start) + insert + text.slice(at - node.start + remove);
      }
      return text;
    });
  // What `wasm_bindgen::module()` and `wasm_bindgen::instance()` give; older glue keeps the module on the init function.
  const onInit = glue.code.includes('__wbg_init.__wbindgen_wasm_module') ? '\n    __wbg_init.__wbindgen_wasm_module = module;' : '';
  const shared = glue.code.includes(`${AGAIN}()`) ? STARTING_ANEW : ONE_INITIALISATION;
  return `let wasm, wasmModule;
function __wbg_get_imports() {
    return $app.prepare();
}
function __wbg_finalize_init(instance, module, imports) {
    wasmModule = module;${onInit}
    $app.adopt(imports, instance, module);
    return (wasm = $app.wasm);
}
${init.join('\n\n')}
${overlaps ? '' : shared}`;
}

/** For all time. */
const ONE_INITIALISATION = `let $initialising;
function __wbg_init(module_or_path) {
    return ($initialising ??= $initOnce(module_or_path).catch((error) => {
        $initialising = undefined;
        throw error;
    }));
}
`;

/** Of those that overlap; a later one starts anew, as glue of 0.2.84 does. */
const STARTING_ANEW = `let $initialising;
function __wbg_init(module_or_path) {
    return ($initialising ??= $initOnce(module_or_path).finally(() => {
        $initialising = undefined;
    }));
}
function ${AGAIN}() {
    $app.control.reset();
    return (wasm = $app.wasm);
}
`;
