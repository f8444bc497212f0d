/**
 * The façade: the functions and classes that users see, stable across generations. Each forwards to the scope that serves;
 * a method, to the scope that its handle belongs to.
 */
import { type GlueMember, isAuthors, membersOf, parametersOf, usesThis } from './classes.js';
import { isSkip, preludeOf } from './edit-class.js';
import { isInitialised } from './emit-init.js';
import { apiPaths } from './emit-scope.js';
import { type Glue, type GlueClass, type GlueFunction, type GlueStatement, isScript, RESET_EXPORT } from './glue.js';
import { propertyKey } from './names.js';

/** The functions that serve. There are none while nobody serves, nor once a guard has shut the scope that does. */
const SERVING = '$live.raw.api';

/** Note: not by `??`, which compares with null, too (measured, after two recoveries: up to 0.8 ns a call). */
const CURRENT = `(${SERVING} === undefined ? $app.wake() : ${SERVING})`;

/** A glue, and where its scope has the functions to forward to. */
interface FacadeContext {
  readonly glue: Glue;
  readonly paths: ReadonlyMap<string, string>;
}

/**
 * Everything that stands beside the factory, in the order of the glue: imports excepted, which come before it.
 * @param when `before` the first instance is there; or `after`, for what stands behind it in the glue: it may call the module
 */
export function emitFacade(glue: Glue, when: 'before' | 'after'): string {
  const context = { glue, paths: apiPaths(glue) };
  const parts: string[] = [];
  const made = instanceAt(glue);
  for (const statement of glue.statements) {
    if ((statement.role === 'module' && statement.node.start > made) !== (when === 'after')) continue;
    const text = emitStatement(context, statement);
    if (text !== undefined) parts.push(`${docOf(glue, statement)}${text}`);
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
  const { source, args } = parametersOf(glue, node.params);
  // Upstream's own reset becomes ours. `#[wasm_bindgen(this)]` gives Rust the receiver of the call.
  const body =
    name === RESET_EXPORT
      ? '$app.control.reset();'
      : `return ${CURRENT}${paths.get(name)}${usesThis(node) ? `.call(${args === '' ? 'this' : `this, ${args}`})` : `(${args})`};`;
  return `${exported ? 'export ' : ''}function ${name}(${source}) {\n    ${body}\n}`;
}

function emitClass(context: FacadeContext, cls: GlueClass): string {
  const members = membersOf(context.glue, cls).map((member) => indent(emitMember(context, cls, member)));
  const own = cls.node.body.body.filter((member) => isAuthors(cls.node, member));
  for (const { start, end } of own) members.push(indent(context.glue.code.slice(start, end)));
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
  const head = `${member.static ? modifier : ''}${accessor}${member.key}(${source})`;
  if (member.static) return `${head} {\n    return ${CURRENT}${path}(${args});\n}`;
  const call = `${path}(${self})`;
  const suspect = `this.__wbg_ptr < $live.base || ${SERVING} === undefined`;
  const owner = `$app.owner(this.__wbg_ptr, ${JSON.stringify(member.displayName)})`;
  // A branch that leaves, so that the path of a live handle stays constant even where stale ones, and siblings', are met.
  if (member.name === 'free') {
    return `${head} {\n    if (${suspect}) return $app.isGone(this.__wbg_ptr) ? undefined : ${owner}${call};\n    ${SERVING}${call};\n}`;
  }
  return `${head} {\n    if (${suspect}) return ${owner}${call};\n    return ${SERVING}${call};\n}`;
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
  const context = { glue, paths: apiPaths(glue) };
  const functions = forwardedFunctions(glue);
  const classes = [...glue.classes.values()].map((cls) => {
    const statics = membersOf(glue, cls)
      .filter((member) => member.static)
      .map((member) => `${indent(emitMember(context, cls, member, ''))},\n`);
    // A class is strict wherever it stands; a function of CommonJS is not.
    const body = [
      ...(isScript(glue) ? ["'use strict';"] : []),
      emitOwnClass(context, cls),
      `return { construct: $own, statics: {\n${statics.join('')}} };`,
    ];
    return `${cls.name}: (() => {\n${indent(body.join('\n'))}\n})()`;
  });
  const given = [...functions.map(({ name }) => `${propertyKey(name)}: ${name}`), ...classes].map((part) => `${indent(part)},\n`).join('');
  return `function $exportsFor($live, $app) {
${functions.map((fn) => `${indent(emitFunction(context, fn, false))}\n`).join('')}${indent(`return {\n${given}};`)}
}
`;
}

/** The functions that the façade forwards to the scope that serves. */
export function forwardedFunctions(glue: Glue): GlueFunction[] {
  return [...glue.functions.values()].filter(({ name }) => glue.forwarded.has(name));
}

/**
 * A class as a function, for only a function can be given the prototype of the façade's class. Like a class, it refuses to be called without `new`.
 *
 * Note: its objects are made by `Object.create`, for those that a function makes as `this` are of a shape of that function's, so that with every
 * sibling the methods would see one shape more (measured, eight siblings by turns: 65 ns a call, against 40).
 */
function emitOwnClass({ glue, paths }: FacadeContext, cls: GlueClass): string {
  const maker = membersOf(glue, cls).find(({ kind }) => kind === 'constructor');
  const { source, args } = maker === undefined ? { source: '...$args', args: '' } : parametersOf(glue, maker.node.value.params);
  const object = `new.target === $own ? ${globalOf(glue, 'Object')}.create(${cls.name}.prototype) : this`;
  const made =
    maker !== undefined
      ? `${CURRENT}${paths.get(maker.scopeName)}(${args === '' ? object : `${object}, ${args}`})`
      : cls.superName === undefined
        ? 'this'
        : `${globalOf(glue, 'Reflect')}.construct(${globalOf(glue, 'Object')}.getPrototypeOf($own), $args, new.target)`;
  const refusal = JSON.stringify(`Class constructor ${cls.name} cannot be invoked without 'new'`);
  return `function $own(${source}) {
    if (new.target === undefined) throw new ${globalOf(glue, 'TypeError')}(${refusal});
    return ${made};
}`;
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
