/** Puts the parts of a transformed package together, as text. Finds no errors: what reaches it has been validated. */
import { type Build, CONTRACT } from '@wasm-revive/kernel';
import MagicString from 'magic-string';
import { guardedExports } from '../read/entries.js';
import { exportsOf } from '../read/exports-of.js';
import { type Glue, isDirective, isScript } from '../read/glue.js';
import { scriptHead, scriptTail } from '../read/no-modules-form.js';
import type { Package } from '../read/read-package.js';
import { calleeName, parse } from '../syntax/ast.js';
import { propertyKey, urlOfFile } from '../syntax/names.js';
import type { Prewarmed, WasmInfo } from '../wasm/wasm-info.js';
import { banner, mapSource, prologueOf } from './banner.js';
import { mayEnterAgain } from './edit-callbacks.js';
import { editScope } from './edit-scope.js';
import { emitExportsFor, emitFacade, FACADE_PRELUDE, forwardedFunctions } from './emit-facade.js';
import { hasReinitManager, signalsReinit } from './emit-import-guards.js';
import {
  emitEngineCheck,
  emitInit,
  emitLoad,
  emitWasmImports,
  exceptionHandling,
  extraImports,
  initHint,
  rawImports,
} from './emit-init.js';
import { scopeHead, scopeTail } from './emit-scope.js';
import { type Commit, UNDO_FIELD } from './emit-undo.js';

/** How the output gets the runtime. */
export interface RuntimeReference {
  /** What is imported: `./wasm-revive.js`, `wasm-revive/runtime`. Types are always imported from there. */
  readonly specifier: string;
  /** The text of the runtime, as a CommonJS module, where nothing can be imported. */
  readonly code?: string;
}

/** What is emitted with. */
export interface EmitOptions {
  readonly version: string;
  readonly runtime: RuntimeReference;
  /** Of the wasm file that is written. */
  readonly build: Build;
  /** The exports that it has and wasm-bindgen's has not. */
  readonly added: readonly string[];
  /** How its turns can be undone, where they can be. */
  readonly undo: Commit | undefined;
  /** The state in which its instances begin, where that isn't the one that the wasm file had before. */
  readonly begins: Prewarmed | undefined;
}

/** A file and its source map. */
export interface EmittedFile {
  readonly file: string;
  readonly code: string;
  readonly map: string;
}

/** Emits the glue as factory and façade. */
export function emitGlue(pkg: Package, glue: Glue, options: EmitOptions): EmittedFile {
  const { wasm } = pkg;
  const guards = guardedExports(glue, wasm);
  const { undo, begins } = options;
  const context = { glue, wasm, guards, rawImports: rawImports(glue, wasm), entersAgain: mayEnterAgain(pkg.wasmBytes), undo, begins };
  const text = new MagicString(glue.code, { filename: glue.file });
  const editedImports = editScope(text, context);
  // What has declarations has its documentation there.
  const facade = { glue, isDocumented: pkg.declarations === undefined };
  const imports = glue.statements
    .filter(({ role }) => role === 'import')
    .map(({ node }) => `${glue.code.slice(node.start, node.end)}\n`)
    .join('');
  const exceptions = exceptionHandling(glue, wasm);
  const load = emitLoad(glue, pkg.wasmFile);
  const description = [
    `contract: ${CONTRACT}`,
    `generatedBy: ${JSON.stringify(options.version)}`,
    `name: ${JSON.stringify(pkg.name)}`,
    `build: ${emitBuild(options.build)}`,
    ...(wasm.formatters.length === 0 ? [] : [`formatters: ${emitFormatters(wasm)}`]),
    ...(wasm.panicCount === null ? [] : [`panicCount: ${wasm.panicCount}`]),
    ...(options.added.length === 0 ? [] : [`added: ${JSON.stringify(options.added)}`]),
    ...(options.undo === undefined ? [] : [UNDO_FIELD]),
    ...(exceptions === undefined ? [] : [`exceptions: ${exceptions}`]),
    ...(initHint(glue.target) === undefined ? [] : [`init: ${JSON.stringify(initHint(glue.target))}`]),
    ...(hasReinitManager(wasm) && !signalsReinit(wasm) ? ['reinitRequests: true'] : []),
    ...(load === undefined ? [] : [`load: ${load}`]),
    emitSiblings(glue),
    'onCurrent(raw = $nobody, base) {\n        $live.raw = raw;\n        $live.base = base;\n    }',
  ];
  text.prepend(`${imports}${extraImports(glue, wasm)}${importRuntime(glue, options)}
// In place of a scope's $raw while nobody serves. Note: with the same fields in the same order, so that it has the same shape. V8 knows the shape of
// what a field of $live has held, and checks it no more (measured, after two recoveries: 1 ns).
const $nobody = {};
$nobody.state = undefined;
$nobody.api = undefined;
$nobody.binding = undefined;
// Note: with no field of its own, so that the first store of each is the only one until a recovery.
const $live = { __proto__: { raw: $nobody } };
const $Proxy = globalThis.Proxy;
${FACADE_PRELUDE}${scopeHead(context)}`);
  text.prepend(
    `${movePrologue(text, glue.code, options)}${options.runtime.code === undefined ? '' : scriptHead(options.runtime.code)}${directives(glue)}`,
  );
  text.append(`\n${scopeTail(context, editedImports)}
const $app = $revive($scope, {
    ${['__proto__: null', ...description].join(',\n    ')},
});
${emitEngineCheck(glue, wasm)}${exportControl(glue)}
${emitFacade(facade, 'before')}
${emitExportsFor(glue)}${emitWasmImports(glue, wasm)}${emitInit(glue, wasm)}${emitFacade(facade, 'after')}${options.runtime.code === undefined ? '' : scriptTail}`);
  return withMap(text, glue.file, pkg.glue.code);
}

/**
 * Emits the bundler target's entry, which gives the module to the glue. It works with upstream's glue too, beside which an interrupted
 * run can leave it: no rename changes two files.
 */
export function emitEntry(pkg: Package, file: string, code: string, options: EmitOptions): EmittedFile {
  const text = new MagicString(code, { filename: file });
  const { program } = parse(file, code);
  // With `--debug`, it exports the instance under the name it was imported by.
  const debug = code.includes('wasm as __wasm');
  const source = debug ? '$source' : 'wasm';
  const load = (from: string): string =>
    `${from}, await $loadModule(${from}, () => new URL(${JSON.stringify(`./${urlOfFile(pkg.wasmFile)}`)}, import.meta.url)), true`;
  const upstream: string[] = [];
  let end: number | undefined;
  for (const node of program.body) {
    if (debug && node.type === 'ImportDeclaration' && node.source.value.endsWith('_bg.wasm')) {
      text.overwrite(node.start, node.end, `import * as $source from ${code.slice(node.source.start, node.source.end)};`);
    }
    if (node.type !== 'ExpressionStatement' || node.expression.type !== 'CallExpression') continue;
    const call = node.expression;
    const [argument] = call.arguments;
    upstream.push(code.slice(node.start, node.end));
    if (calleeName(call) === '__wbg_set_wasm' && argument) {
      text.appendLeft(node.start, 'const $app = await ');
      text.overwrite(argument.start, argument.end, load(source));
      end = node.end;
    } else {
      // wasm.__wbindgen_start(): every scope starts itself.
      text.remove(node.start, node.end);
    }
  }
  // Note: by a parameter, or bundlers would look for the start function in what they make of a wasm file, and warn that it isn't there.
  const interrupted = (from: string): string => `
// wasm-bindgen's own glue, when wasm-revive was interrupted before it changed that too.
if (!$app) ((wasm) => { ${upstream.join(' ')} })(${from});${debug ? '\nconst wasm = $app?.wasm ?? $source;' : ''}`;
  if (end !== undefined) text.appendLeft(end, interrupted(source));
  else {
    // Older glue takes its instance from the wasm file itself. Note: a namespace, for the original glue has no such function.
    text.append(`
import * as $wasm from ${JSON.stringify(`./${urlOfFile(pkg.wasmFile)}`)};
import * as $glue from ${JSON.stringify(`./${urlOfFile(pkg.glue.file)}`)};
const $app = await $glue.__wbg_set_wasm?.(${load('$wasm')});${interrupted('$wasm')}`);
  }
  text.prepend(
    `${movePrologue(text, code, options)}import { loadModule as $loadModule } from ${JSON.stringify(options.runtime.specifier)};\n`,
  );
  text.append('\nexport const __revive = $app?.control;\n');
  return withMap(text, file, code);
}

function emitBuild({ id, codeOffset, debugId }: Build): string {
  return `{ id: '${id}', codeOffset: ${codeOffset}${debugId === undefined ? '' : `, debugId: '${debugId}'`} }`;
}

/** See `SiblingFacade` in the kernel. */
function emitSiblings(glue: Glue): string {
  const forwarded = [...forwardedFunctions(glue), ...glue.classes.values()].map(({ name }) => emitField(name, name));
  const exported = [...exportsOf(glue)].map(([name, local]) => emitField(name, local));
  const record = (fields: readonly string[]): string => `({ __proto__: null, ${fields.join(', ')} })`;
  return `siblings: { __proto__: null, exportsFor: $exportsFor, forwarded: () => ${record(forwarded)}, exported: () => ${record(exported)} }`;
}

function emitField(name: string, local: string): string {
  return propertyKey(name) === local ? local : `${propertyKey(name)}: ${local}`;
}

/** See `Formatters` in the kernel. */
function emitFormatters({ formatters }: WasmInfo): string {
  return `{ ${formatters.map(({ slot, type, debug }) => `${slot}: ${JSON.stringify(`${type}${debug ? '?' : ''}`)}`).join(', ')} }`;
}

/** What of the runtime undoes turns. */
const SUPPORT = { log: 'undoSupport', copy: 'copySupport' } as const satisfies Record<Commit, string>;

function importRuntime({ target }: Glue, { runtime, undo }: EmitOptions): string {
  const from = JSON.stringify(runtime.specifier);
  const names: readonly (readonly [imported: string, local: string])[] = [
    ...(target === 'bundler' ? [['loadModule', '$loadModule'] as const] : []),
    ['revive', '$revive'],
    ...(undo === undefined ? [] : [[SUPPORT[undo], '$undoSupport'] as const]),
  ];
  const taken = (source: string): string => `const { ${names.map((pair) => pair.join(': ')).join(', ')} } = ${source};\n`;
  if (runtime.code !== undefined) return taken('$runtime');
  if (target === 'nodejs') return taken(`require(${from})`);
  return `import { ${names.map((pair) => pair.join(' as ')).join(', ')} } from ${from};\n`;
}

function exportControl(glue: Glue): string {
  return isScript(glue) ? 'const __revive = $app.control;\nexports.__revive = __revive;' : 'export const __revive = $app.control;';
}

/** Moves what has to stay at the very top of a file in front of our banner. */
function movePrologue(text: MagicString, code: string, { version }: EmitOptions): string {
  const prologue = prologueOf(code);
  if (prologue !== '') text.remove(0, prologue.length);
  return `${prologue}${banner(version)}`;
}

/** `'use strict';` holds for a file only where it stands before all else. */
function directives({ statements, code }: Glue): string {
  return statements
    .filter(({ node }) => isDirective(node))
    .map(({ node }) => `${code.slice(node.start, node.end)}\n`)
    .join('');
}

/** @param original the file as wasm-bindgen wrote it: of the same lines, where it was put into another form */
function withMap(text: MagicString, file: string, original: string): EmittedFile {
  const map = text.generateMap({ source: mapSource(file), file, includeContent: true, hires: 'boundary' });
  map.sourcesContent = [original];
  return { file, code: `${text.toString()}\n//# sourceMappingURL=${urlOfFile(file)}.map\n`, map: map.toString() };
}
