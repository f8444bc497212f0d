/**
 * The façade: the functions and classes that users see, stable across generations. Each forwards to the scope that serves;
 * a method, to the scope that its handle belongs to.
 */
import { type GlueMember, isAuthors, memberDocs, membersOf, parametersOf, parametersPassed, usesThis } from '../read/classes.js';
import { type Glue, type GlueClass, type GlueFunction, type GlueStatement, isScript, RESET_EXPORT } from '../read/glue.js';
import type { ClassElement } from '../syntax/oxc.js';
import { isSkip, preludeOf } from './edit-class.js';
import { apiPaths } from './emit-api.js';
import { isInitialised } from './emit-init.js';

/** The functions that serve. There are none while nobody serves, nor once a guard has shut the scope that does. */
const SERVING = '$live.raw.api';

/**
 * What the façade asks for each call: `$current` for the functions that serve, `$ownerOf` for those of a handle, and `$freerOf` for those by which a
 * handle is freed, if there is anything left to free. V8 inlines them.
 *
 * Note: not by `??`, which compares with null, too (measured, after two recoveries: up to 0.8 ns a call).
 */
export const FACADE_PRELUDE = `function $current() {
    return ${SERVING} === undefined ? $app.wake() : ${SERVING};
}
function $ownerOf(pointer, what) {
    return pointer < $live.base || ${SERVING} === undefined ? $app.owner(pointer, what) : ${SERVING};
}
function $freerOf(pointer, what) {
    return pointer < $live.base || ${SERVING} === undefined ? ($app.isGone(pointer) ? undefined : $app.owner(pointer, what)) : ${SERVING};
}
`;

const CURRENT = '$current()';

/** A glue, and where its scope has the functions to forward to. */
interface FacadeContext extends Facade {
  readonly paths: ReadonlyMap<string, string>;
}

/** What {@link emitFacade} needs to know. */
export interface Facade {
  readonly glue: Glue;
  /** Whether functions and classes have their documentation. */
  readonly isDocumented: boolean;
}

/**
 * Everything that stands beside the factory, in the order of the glue: imports excepted, which come before it.
 * @param when `before` the first instance is there; or `after`, for what stands behind it in the glue: it may call the module
 */
export function emitFacade({ glue, isDocumented }: Facade, when: 'before' | 'after'): string {
  const context = { glue, isDocumented, paths: apiPaths(glue) };
  const parts: string[] = [];
  const made = instanceAt(glue);
  for (const statement of glue.statements) {
    if ((statement.role === 'module' && statement.node.start > made) !== (when === 'after')) continue;
    const text = emitStatement(context, statement);
    const isWritten = isDocumented || statement.role === 'module';
    if (text !== undefined) parts.push(`${isWritten ? docOf(glue, statement) : ''}${text}`);
  }
  return parts.join('\n');
}

/** Where the glue makes its instance, if it does so when it is loaded. */
function instanceAt({ statements, target }: Glue): number {
  if (isInitialised(target) || target === 'bundler') return Number.POSITIVE_INFINITY;
  return statements.find(({ declares }) => declares.includes('wasm'))?.node.start ?? Number.POSITIVE_INFINITY;
}

function emitStatement(context: FacadeContext, statement: GlueStatement): string | undefined {
  const { glue } = context;
  const [name] = statement.declares;
  switch (statement.role) {
    case 'module':
      return glue.code.slice(statement.node.start, statement.node.end);
    case 'function': {
      const fn = name === undefined ? undefined : glue.functions.get(name);
      return fn && glue.forwarded.has(fn.name) ? emitFunction(context, fn, statement.exported) : undefined;
    }
    case 'class': {
      const cls = name === undefined ? undefined : glue.classes.get(name);
      return cls && emitClass(context, cls);
    }
    default:
      return undefined;
  }
}

function emitFunction({ glue, paths }: FacadeContext, { name, node }: GlueFunction, exported: boolean): string {
  const { source, args } = parametersPassed(glue, node);
  // Upstream's own reset becomes ours. `#[wasm_bindgen(this)]` gives Rust the receiver of the call.
  const body =
    name === RESET_EXPORT
      ? '$app.control.reset();'
      : `return ${CURRENT}${paths.get(name)}${usesThis(node) ? `.call(${args === '' ? 'this' : `this, ${args}`})` : `(${args})`};`;
  return `${exported ? 'export ' : ''}function ${name}(${source}) {\n    ${body}\n}`;
}

function emitClass(context: FacadeContext, cls: GlueClass): string {
  const { code } = context.glue;
  const docs = memberDocs(context.glue, cls);
  const doc = (member: ClassElement): string => {
    const comment = context.isDocumented ? docs.get(member) : undefined;
    return comment === undefined ? '' : `    ${code.slice(comment.start, comment.end)}\n`;
  };
  const members = membersOf(context.glue, cls).map((member) => `${doc(member.node)}${indent(emitMember(context, cls, member))}`);
  const own = cls.node.body.body.filter((member) => isAuthors(cls.node, member));
  for (const member of own) members.push(`${doc(member)}${indent(code.slice(member.start, member.end))}`);
  const heritage = cls.superName === undefined ? '' : ` extends ${cls.superName}`;
  return `${cls.statement.exported ? 'export ' : ''}class ${cls.name}${heritage} {\n${members.join('\n')}\n}`;
}

function emitMember({ glue, paths }: FacadeContext, cls: GlueClass, member: GlueMember, modifier = 'static '): string {
  const path = paths.get(member.scopeName);
  const fn = member.node.value;
  const { source, args } = parametersOf(glue, fn.params);
  const self = args === '' ? 'this' : `this, ${args}`;
  if (member.kind === 'constructor') return emitConstructor(cls, member, source, `${path}(${self})`);
  const accessor = member.kind === 'method' ? '' : `${member.kind} `;
  const head = `${member.static ? modifier : ''}${accessor}${member.classKey}(${source})`;
  if (member.static) return `${head} { return ${CURRENT}${path}(${args}); }`;
  const handle = `(this.__wbg_ptr, ${JSON.stringify(member.displayName)})`;
  if (member.name === 'free') return `${head} { $freerOf${handle}?${path}(${self}); }`;
  return `${head} { return $ownerOf${handle}${path}(${self}); }`;
}

function emitConstructor({ superName }: GlueClass, member: GlueMember, source: string, call: string): string {
  const lines: string[] = [];
  if (superName !== undefined) lines.push('    super(__wbgSuperSkip);');
  if (preludeOf(member.node.value).some(isSkip)) lines.push('    if (arguments[0] === __wbgSuperSkip) return;');
  lines.push(`    return ${CURRENT}${call};`);
  return `constructor(${source}) {\n${lines.join('\n')}\n}`;
}

/**
 * Emits `$exportsFor`: the façade's functions again, for an instance beside the one that serves. What they call `$live` and `$app` are that
 * instance's. Of a class it has the constructor, and the statics; methods find their instance by the handle's pointer.
 */
export function emitExportsFor(glue: Glue): string {
  const context = { glue, isDocumented: false, paths: apiPaths(glue) };
  const functions = forwardedFunctions(glue);
  const classes = [...glue.classes.values()].map((cls) => `${cls.name}: ${emitOwnClass(context, cls)},\n`).join('');
  const given = [...functions.map(({ name }) => `${name},\n`), ...(classes === '' ? [] : ['...$ownClasses($current),\n'])].join('');
  return `function $exportsFor($live, $app) {
    const $current = () => (${SERVING} === undefined ? $app.wake() : ${SERVING});
${functions.map((fn) => `${indent(emitFunction(context, fn, false))}\n`).join('')}${indent(`return {\n${given}};`)}
}
${classes === '' ? '' : emitOwnClasses(glue, classes)}`;
}

/** Note: a class is strict wherever it stands; a function of CommonJS is not. */
function emitOwnClasses(glue: Glue, classes: string): string {
  return `function $ownClasses($current) {
${isScript(glue) ? "    'use strict';\n" : ''}${indent(ownClassPrelude(glue))}    return {
${indent(classes)}    };
}
`;
}

/** The functions that the façade forwards to the scope that serves. */
export function forwardedFunctions(glue: Glue): GlueFunction[] {
  return [...glue.functions.values()].filter(({ name }) => glue.forwarded.has(name));
}

/** What the classes of `$exportsFor` have in common: what a class does that is called without `new`, and a class that makes no objects of its own. */
function ownClassPrelude(glue: Glue): string {
  return `const $refuse = ($name) => {
    throw new ${globalOf(glue, 'TypeError')}('Class constructor ' + $name + " cannot be invoked without 'new'");
};
const $plainClass = ($name, statics) => ({
    construct: function $own() {
        if (new.target === undefined) $refuse($name);
        return this;
    },
    statics,
});
`;
}

/**
 * A class as a function, for only a function can be given the prototype of the façade's class. Like a class, it refuses to be called without `new`.
 *
 * Note: its objects are made by `Object.create`, for those that a function makes as `this` are of a shape of that function's, so that with every
 * sibling the methods would see one shape more (measured, eight siblings by turns: 65 ns a call, against 40).
 */
function emitOwnClass(context: FacadeContext, cls: GlueClass): string {
  const { glue, paths } = context;
  const members = membersOf(glue, cls);
  const maker = members.find(({ kind }) => kind === 'constructor');
  const statics = `{\n${members
    .filter((member) => member.static)
    .map((member) => `${indent(emitMember(context, cls, member, ''))},\n`)
    .join('')}}`;
  if (maker === undefined && cls.superName === undefined) return `$plainClass(${JSON.stringify(cls.name)}, ${statics})`;
  const { source, args } = maker === undefined ? { source: '...$args', args: '' } : parametersOf(glue, maker.node.value.params);
  const object = `new.target === $own ? ${globalOf(glue, 'Object')}.create(${cls.name}.prototype) : this`;
  const made =
    maker === undefined
      ? `${globalOf(glue, 'Reflect')}.construct(${globalOf(glue, 'Object')}.getPrototypeOf($own), $args, new.target)`
      : `${CURRENT}${paths.get(maker.scopeName)}(${args === '' ? object : `${object}, ${args}`})`;
  const body = `if (new.target === undefined) $refuse(${JSON.stringify(cls.name)});\n    return ${made};`;
  return `(() => {
    function $own(${source}) {
        ${body.replace('\n', '\n    ')}
    }
    return { construct: $own, statics: ${indent(statics).trimStart()} };
})()`;
}

/** A global of the engine's, where the module may have a class of that name. */
function globalOf({ statements }: Glue, name: string): string {
  return statements.some(({ declares }) => declares.includes(name)) ? `globalThis.${name}` : name;
}

function docOf(glue: Glue, { doc }: GlueStatement): string {
  return doc === undefined ? '' : `${glue.code.slice(doc.start, doc.end)}\n`;
}

function indent(text: string): string {
  // Note: not by `^`, which is also behind U+2028, and that may be in a name.
  return text
    .split('\n')
    .map((line) => (line === '' ? line : `    ${line}`))
    .join('\n');
}
