/** Checks that glue and wasm belong together, so that emitting never finds out. */
import { RESERVED_NAMES } from '@wasm-revive/kernel';
import { RETHROW_CRITICAL } from '../emit/edit-throws.js';
import { ownModule } from '../emit/emit-init.js';
import { TransformError } from '../errors.js';
import { type Glue, type GlueStatement, importsOwnWasm, isScript, RESET_EXPORT, refuseGlue } from '../read/glue.js';
import type { Package } from '../read/read-package.js';
import { givenName, isReference, keyName, lineOf, memberOf, type Node, visitFreeUses, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';
import { MOVED_PREFIX } from '../wasm/move-imports.js';
import { validateMoved } from './validate-moved.js';
import { validateStart } from './validate-start.js';
import { refuseUnknownAdapters, validateWords } from './validate-words.js';

/** Names that generated code adds to a module or to a function of the glue's: those that the contract reserves, and those that are numbered. */
export const OURS: RegExp = new RegExp(`^(?:__revive|${MOVED_PREFIX}\\d+|\\$(?:${RESERVED_NAMES.join('|')}|import\\d+|g\\d+))$`);

/** What the control handle is exported as. */
const CONTROL = '__revive';

/** @throws TransformError `REVIVE_WASM_MISMATCH`, `REVIVE_UNKNOWN_GLUE` */
export function validate({ dir, wasm, wasmFile, entry }: Package, glue: Glue): void {
  refuseRenamedArguments(glue, new Set(wasm.imports.map(({ name }) => name)));
  refuseOurNames(glue);
  validateWords(glue);
  const exports = new Set(wasm.exports.map(({ name }) => name));
  refuseOtherWasm(glue);
  refuseForeignAssignments(glue);
  refuseOwnExports(glue);
  const importer = glue.statements.find(({ node }) => importsOwnWasm(node));
  if (importer !== undefined && entry === undefined) {
    refuseGlue(glue, importer.node.start, `an import of ${wasmFile} in glue without the main file that goes with it`);
  }
  validateMoved(glue);
  const used = usedExports(glue);
  const missing = [...used].filter((name) => !exports.has(name));
  // Upstream's own output can call an export that isn't there (0.2.127, `extends` of a class in a namespace). One in ten is no slip.
  if (missing.length * 10 > used.size) mismatch(`${glue.file} uses an export ${missing[0]}, which ${wasmFile} does not have`);
  const own = ownModule(wasm);
  const provided = providedImports(glue);
  const lacking = wasm.imports.find(({ module, name, from }) => module === own && from === undefined && !provided.has(name));
  if (lacking !== undefined) mismatch(`${wasmFile} imports ${lacking.name}, which ${glue.file} does not have`);
  // In the output, what the instance exports is an object that inherits what objects do.
  const inherited = missing.find((name) => name in Object.prototype);
  if (inherited !== undefined) refuseGlue(glue, 0, `a use of \`wasm.${inherited}\`, which is not exported`);
  validateStart(glue, wasm, entry);
  refuseUnknownAdapters(glue, wasm);

  function mismatch(found: string): never {
    throw new TransformError(
      'REVIVE_WASM_MISMATCH',
      `The files in ${dir} were not made together: ${found}. Build the package again, so that one run of wasm-bindgen writes them all.`,
    );
  }
}

/**
 * What an import does with what it is given is seen by how wasm-bindgen writes that. A minifier writes it otherwise, and leaves the names of
 * exports: half of the module would be protected.
 */
function refuseRenamedArguments(glue: Glue, imports: ReadonlySet<string>): void {
  for (const { node, role } of glue.statements) {
    if (role === 'drop') continue;
    walk(node, (child, parent) => {
      if (child.type !== 'FunctionDeclaration' && child.type !== 'FunctionExpression') return;
      const name = child.id?.name ?? (parent === undefined ? undefined : givenName(parent));
      const renamed =
        name !== undefined && imports.has(name) ? parametersOfImport(child).find((param) => !isArgument(param, name)) : undefined;
      if (renamed !== undefined) refuseGlue(glue, renamed.start, `an import ${name} whose parameters were renamed`);
    });
  }
}

/** Those of the function, and of the one that it wraps: `return handleError(function (arg0) {…}, arguments)`. */
function parametersOfImport({ params, body }: FunctionNode): readonly Node[] {
  const [first] = body?.body ?? [];
  const call = first?.type === 'ReturnStatement' ? first.argument : undefined;
  const wrapped = call?.type === 'CallExpression' ? call.arguments[0] : undefined;
  return wrapped?.type === 'FunctionExpression' ? [...params, ...wrapped.params] : params;
}

function isArgument(param: Node, name: string): boolean {
  if (param.type !== 'Identifier') return false;
  // The one import that wasm-bindgen writes by hand, with `--force-enable-abort-handler` under panic=abort.
  return /^arg\d+$/.test(param.name) || (name === RETHROW_CRITICAL && param.name === 'cause');
}

/** A variable of the glue's with a name of ours. (Properties, and what documentation says, are no matter.) */
function refuseOurNames(glue: Glue): void {
  for (const { node } of glue.statements) {
    walk(node, (child, parent, key) => {
      // `exports.__revive = …`, `export { x as "__revive" }`
      if (memberOf(child, 'exports') === CONTROL) refuseName(glue, child, CONTROL);
      if (key === 'exported' && keyName(child) === CONTROL) refuseName(glue, child, CONTROL);
      if (child.type !== 'Identifier') return;
      const isDeclared = key === 'id' || key === 'local';
      // Guards compare with `undefined`, which an own one would take the place of.
      if (OURS.test(child.name) ? isDeclared || isReference(parent, key) : isDeclared && child.name === 'undefined') {
        refuseName(glue, child, child.name);
      }
    });
  }
}

/** The statements of which each scope has its own; not upstream's own reset, which the façade answers. */
function ofScopes({ statements }: Glue): GlueStatement[] {
  return statements.filter(
    ({ role, declares }) => (role === 'scope' || role === 'function' || role === 'class') && !declares.includes(RESET_EXPORT),
  );
}

/**
 * `wasm` is the instance wherever a scope uses it, and is written anew: what else has that name would be, too. Its exports are there to be read,
 * one by one; and all of them are given to Rust (`wasm_bindgen::exports()`), and are nothing that JavaScript does anything with.
 */
function refuseOtherWasm(glue: Glue): void {
  for (const { node } of ofScopes(glue)) {
    walk(node, (child, parent, key) => {
      const isOperand = parent?.type === 'UnaryExpression' && parent.operator === 'delete';
      const name = memberOf(child, 'wasm');
      if (name !== undefined && (isNotRead(parent, key) || isOperand))
        refuseGlue(glue, child.start, 'a change of what the instance exports');
      if (child.type !== 'Identifier' || child.name !== 'wasm') return;
      if (isNotRead(parent, key)) refuseGlue(glue, child.start, 'something else than the instance that is called `wasm`');
      if (isReference(parent, key) && !isGiven(parent, key))
        refuseGlue(glue, child.start, 'another use of the instance than of one of its exports');
    });
  }
}

/** `wasm.add`, `const ret = wasm;`, `return wasm;`, and `wasm == null`, as published packages ask whether there is an instance. */
function isGiven(parent: Node | undefined, key: string | undefined): boolean {
  if (parent?.type === 'MemberExpression') return key === 'object' && memberOf(parent, 'wasm') !== undefined;
  if (parent?.type === 'BinaryExpression') return /^[!=]==?$/.test(parent.operator);
  return parent?.type === 'ReturnStatement' || (parent?.type === 'VariableDeclarator' && key === 'init');
}

/**
 * What a module of CommonJS exports has one name more than it had. `module` itself may be given to Rust, as by crates that ask Node.js for random
 * numbers: they call its `require`.
 */
function refuseOwnExports(glue: Glue): void {
  if (!isScript(glue)) return;
  for (const { node } of ofScopes(glue)) {
    for (const name of ['exports', 'module']) {
      // Note: a function of Rust's may have a parameter of that name.
      visitFreeUses(node, name, (use, parent, key) => {
        const isGivenModule = name === 'module' && parent?.type === 'VariableDeclarator' && key === 'init';
        if (memberOf(parent, 'module') !== 'require' && !isGivenModule)
          refuseGlue(glue, use.start, `a use of \`${name}\` in what each instance has of its own`);
      });
    }
  }
}

/** `exports = …`: a scope would do that once more for every instance, and later than the glue does. */
function refuseForeignAssignments(glue: Glue): void {
  const declared = new Set(glue.statements.flatMap(({ declares }) => declares));
  for (const { node } of glue.statements) {
    walk(node, (child, parent, key) => {
      if (/Function/.test(child.type)) return false;
      const isWritten = (parent?.type === 'AssignmentExpression' && key === 'left') || parent?.type === 'UpdateExpression';
      if (child.type === 'Identifier' && isWritten && !declared.has(child.name)) {
        refuseGlue(glue, child.start, `an assignment to \`${child.name}\`, which the glue does not declare`);
      }
      return true;
    });
  }
}

/** Whether an identifier there is declared or written to, or stands for a property of its name. */
function isNotRead(parent: Node | undefined, key: string | undefined): boolean {
  switch (parent?.type) {
    case 'Property':
      return parent.shorthand;
    case 'AssignmentExpression':
    case 'AssignmentPattern':
    case 'ForInStatement':
    case 'ForOfStatement':
      return key === 'left';
    case 'UpdateExpression':
    case 'RestElement':
    case 'ArrayPattern':
    case 'CatchClause':
      return true;
    default:
      return key === 'id' || key === 'params';
  }
}

function refuseName({ path, code }: Glue, { start }: Node, name: string): never {
  throw new TransformError(
    'REVIVE_UNKNOWN_GLUE',
    `${path}:${lineOf(code, start)}: found the name ${name}, which the transformed module needs for itself. Give what has it another one, ` +
      'in Rust with `#[wasm_bindgen(js_name = …)]`, and build the package again.',
  );
}

/** Exports that the glue can't do without. Those it looks for first (`wasm.x && …`, `typeof wasm.x`) may be absent. */
function usedExports(glue: Glue): Set<string> {
  const names = new Set<string>();
  for (const { node, role, declares } of glue.statements) {
    if (role === 'drop' || declares.includes(RESET_EXPORT)) continue;
    walk(node, (child, parent) => {
      const name = memberOf(child, 'wasm');
      if (name !== undefined && parent?.type === 'CallExpression') names.add(name);
    });
  }
  return names;
}

function providedImports(glue: Glue): Set<string> {
  const names = new Set<string>(glue.statements.flatMap(({ declares }) => declares));
  const getImports = glue.functions.get('__wbg_get_imports');
  for (const { node } of glue.statements) {
    if (node.type !== 'ExportNamedDeclaration') continue;
    for (const specifier of node.specifiers) names.add(keyName(specifier.exported) ?? '');
  }
  if (getImports === undefined) return names;
  walk(getImports.node, (child) => {
    if (child.type === 'Property') names.add(keyName(child.key) ?? '');
    if (child.type === 'AssignmentExpression' && child.left.type === 'MemberExpression') names.add(keyName(child.left.property) ?? '');
  });
  return names;
}
