/**
 * What of glue isn't each scope's own: which statements stay beside the façade, evaluated once, or belong to what loads the module. Run in this order,
 * on what `glue.ts` has read.
 */
import { type Node, references } from '../syntax/ast.js';
import { isAuthors } from './classes.js';
import type { GlueClass, GlueFunction, GlueStatement } from './glue.js';

/** The glue's decoder and encoder (in older glue: and their classes), and the tags of its exceptions. */
export const SHARED = /^(?:(?:cached|l)Text(?:De|En)coder|__wbindgen_(?:wrapped_jstag|jstag_polyfill))$/;
/** What those are made of, and made with. */
const STATELESS = /^(?:Text(?:De|En)coder|WebAssembly|Error|module|undefined)$/;
/**
 * What the package's authors have added: a call that has to do with a class, such as one that patches its prototype, is made once, on the class
 * that users see; a function that loads the module stays beside the functions that wasm-bindgen has for that.
 */
export function shareWithAuthors(
  statements: readonly GlueStatement[],
  classes: ReadonlyMap<string, GlueClass>,
  functions: Map<string, GlueFunction>,
): void {
  const loading = new Set(statements.flatMap(({ role, declares }) => (role === 'init' ? declares : [])));
  for (const statement of statements) {
    const { node, role, declares, references: names } = statement;
    if (role === 'scope' && node.type === 'ExpressionStatement' && [...names].some((name) => classes.has(name))) statement.role = 'module';
    if (role !== 'function' || ![...names].some((name) => loading.has(name) && /^(?:__wbg_init|initSync|init)$/.test(name))) continue;
    statement.role = 'init';
    for (const name of declares) functions.delete(name);
  }
}

/**
 * A function that the authors have added and that needs nothing of an instance, nor of what each scope has, stays beside the façade: it may be called
 * before there is an instance. wasm-bindgen's own, such as `isLikeNone`, stay in the scope.
 */
export function shareIndependent(
  statements: readonly GlueStatement[],
  functions: Map<string, GlueFunction>,
  imported: ReadonlySet<string>,
): void {
  const dependent = new Set(['wasm', 'PanicError', 'arguments']);
  const candidates = new Map<string, GlueStatement>();
  for (const statement of statements) {
    const { role, inner, declares, declarations } = statement;
    const isPlain = role === 'function' || (role === 'scope' && inner.type === 'VariableDeclaration' && inner.kind === 'const');
    const isBindgens =
      declarations.some(({ word }) => word !== undefined) || declares.some((name) => imported.has(name)) || isNumbered(inner);
    for (const name of role === 'class' || role === 'module' || role === 'import' ? [] : declares) {
      if (isPlain && !isBindgens) candidates.set(name, statement);
      else dependent.add(name);
    }
  }
  // What calls one that depends on an instance depends on it, too.
  for (let size = -1; size !== candidates.size; ) {
    size = candidates.size;
    for (const [name, { references: names }] of candidates) {
      if (![...names].some((one) => dependent.has(one))) continue;
      dependent.add(name);
      candidates.delete(name);
    }
  }
  for (const [name, statement] of candidates) {
    // Constants follow whoever uses them.
    if (functions.delete(name)) statement.role = 'module';
  }
}

/** `function (arg0, arg1) {…}`: so does wasm-bindgen call the parameters of what Rust gives or takes. */
function isNumbered(node: Node): boolean {
  if (node.type !== 'FunctionDeclaration' || node.params.length === 0) return false;
  return node.params.every((param) => param.type === 'Identifier' && /^arg\d+$/.test(param.name));
}

/** `let cachedTextDecoder = new TextDecoder(…)` and its like know nothing of an instance, and are slow to make: one does for all scopes. */
export function shareStateless(statements: readonly GlueStatement[]): void {
  const shared = statements.filter(
    ({ role, declares, references: names }) =>
      role === 'scope' && (declares.length > 0 ? declares : [...names]).some((name) => SHARED.test(name)),
  );
  if (shared.some(({ references: names }) => [...names].some((name) => !SHARED.test(name) && !STATELESS.test(name)))) return;
  for (const statement of shared) statement.role = 'module';
}

/** What only the loading of the module uses belongs to it (`__wbg_init_once` and `__wbg_init_promise`, since 0.2.128). */
export function shareWithInit(statements: readonly GlueStatement[], functions: Map<string, GlueFunction>): void {
  const queue = statements.filter(({ role }) => role === 'init');
  for (const init of queue) {
    for (const source of statements) {
      const [name] = source.declares;
      if (name === undefined || name === '__wbg_get_imports' || (source.role !== 'scope' && source.role !== 'function')) continue;
      if (!init.references.has(name) || source.exported) continue;
      const elsewhere = statements.some(
        (user) => user !== source && user.role !== 'init' && user.role !== 'drop' && user.references.has(name),
      );
      if (elsewhere) continue;
      source.role = 'init';
      functions.delete(name);
      queue.push(source);
    }
  }
}

/** What of a class's own text stays in the façade: the marker of classes that extend another, and what the authors have added. */
function neededByClass({ inner, references: names }: GlueStatement): readonly string[] {
  if (inner.type !== 'ClassDeclaration') return [];
  const marker = inner.superClass === null ? [] : [...names].filter((name) => name === '__wbgSuperSkip');
  return [...marker, ...inner.body.body.filter((member) => isAuthors(inner, member)).flatMap((member) => [...references(member)])];
}

/**
 * What is evaluated beside the façade may use only what is there: constants it uses move there too, functions get a forwarder.
 */
export function shareWithModule(
  statements: readonly GlueStatement[],
  functions: ReadonlyMap<string, GlueFunction>,
  forwarded: Set<string>,
  refuse: (node: Node, found: string) => never,
): void {
  const declaredBy = new Map<string, GlueStatement>();
  for (const statement of statements) for (const name of statement.declares) declaredBy.set(name, statement);
  const queue = statements.filter(({ role, inner }) => role === 'module' || (role === 'class' && inner.type === 'ClassDeclaration'));
  for (const statement of queue) {
    const needed = statement.role === 'class' ? neededByClass(statement) : statement.references;
    for (const name of needed) {
      const source = declaredBy.get(name);
      if (source === undefined || source === statement) continue;
      if (functions.has(name)) forwarded.add(name);
      if (source.role !== 'scope') continue;
      if (source.inner.type !== 'VariableDeclaration' || source.inner.kind !== 'const') {
        refuse(statement.node, `a use of \`${name}\` outside of functions`);
      }
      source.role = 'module';
      queue.push(source);
    }
  }
  // A base class's constructor checks the marker as well, whoever extends it.
  const skip = declaredBy.get('__wbgSuperSkip');
  if (skip !== undefined) skip.role = 'module';
}
