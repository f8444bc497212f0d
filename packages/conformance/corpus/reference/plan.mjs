import ts from 'typescript';

/**
 * What to call in a package, read from its `.d.ts`: every function, constructor, static, method and accessor, with plain arguments of the
 * declared types. The same plan is run on upstream's output and on the transformed one, and every result is compared.
 *
 * @typedef {{ how: 'call' | 'new' | 'get' | 'set', path: string[], on?: string, name?: string, args: Arg[] }} Step
 *   `path` leads from the package's exports to the function; with `on`, to a member of the named class's newest object
 * @typedef {{ value: string | number | boolean | null } | { bigint: string } | { undefined: true } | { typed: string } | { list: Arg[] }
 *   | { instance: string } | { callback: true } | { object: true }} Arg
 */

/** @typedef {Map<string, ts.Node>} Declared what a type's name stands for */

/**
 * @param {string} text of the `.d.ts`
 * @returns {Step[]}
 */
export function planCalls(text) {
  const source = ts.createSourceFile('package.d.ts', text, ts.ScriptTarget.Latest, true);
  /** @type {Declared} */
  const declared = new Map();
  const visit = (/** @type {ts.Node} */ node) => {
    if ((ts.isClassDeclaration(node) || ts.isEnumDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name)
      declared.set(node.name.text, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return statements(source.statements, [], declared);
}

/**
 * @param {readonly ts.Node[]} nodes
 * @param {string[]} path
 * @param {Declared} declared
 * @returns {Step[]}
 */
function statements(nodes, path, declared) {
  return nodes.flatMap((node) => {
    if (ts.isModuleDeclaration(node) && node.body && ts.isModuleBlock(node.body))
      return statements(node.body.statements, [...path, node.name.text], declared);
    if (ts.isFunctionDeclaration(node)) return isInit(node) ? [] : calls([...path, exportedName(node)], node, declared);
    if (ts.isClassDeclaration(node)) return classSteps([...path, exportedName(node)], node, declared);
    return [];
  });
}

/**
 * @param {string[]} path
 * @param {ts.ClassDeclaration} node
 * @param {Declared} declared
 * @returns {Step[]}
 */
function classSteps(path, node, declared) {
  const on = node.name?.text ?? 'default';
  /** @type {Step[]} */
  const made = [];
  /** @type {Step[]} */
  const used = [];
  for (const member of node.members) {
    const name =
      member.name && (ts.isIdentifier(member.name) || ts.isStringLiteral(member.name) || ts.isNumericLiteral(member.name))
        ? member.name.text
        : undefined;
    const flags = ts.getCombinedModifierFlags(member);
    if (ts.isConstructorDeclaration(member)) {
      if (!(flags & ts.ModifierFlags.Private))
        made.push(...argumentLists(member, declared).map((args) => ({ how: /** @type {const} */ ('new'), path, name: on, args })));
    } else if (name === undefined || name === 'free') {
      // `free` and Symbol.dispose come last, for every object.
    } else if (flags & ts.ModifierFlags.Static) {
      if (ts.isMethodDeclaration(member)) made.push(...calls([...path, name], member, declared));
      else if (ts.isGetAccessor(member) || ts.isPropertyDeclaration(member)) made.push({ how: 'get', path: [...path, name], args: [] });
    } else if (ts.isMethodDeclaration(member)) {
      used.push(...argumentLists(member, declared).map((args) => ({ how: /** @type {const} */ ('call'), path: [name], on, args })));
    } else if (ts.isGetAccessor(member)) {
      used.push({ how: 'get', path: [name], on, args: [] });
    } else if (ts.isSetAccessor(member)) {
      used.push(...argumentLists(member, declared).map((args) => ({ how: /** @type {const} */ ('set'), path: [name], on, args })));
    } else if (ts.isPropertyDeclaration(member)) {
      used.push({ how: 'get', path: [name], on, args: [] });
      if (!(flags & ts.ModifierFlags.Readonly)) used.push({ how: 'set', path: [name], on, args: [argument(member.type, declared)] });
    }
  }
  return [...made, ...used];
}

/**
 * @param {string[]} path
 * @param {ts.SignatureDeclaration} node
 * @param {Declared} declared
 * @returns {Step[]}
 */
function calls(path, node, declared) {
  return argumentLists(node, declared).map((args) => ({ how: 'call', path, args }));
}

/**
 * All parameters given; and, where some may be left out, without those.
 *
 * @param {ts.SignatureDeclaration} node
 * @param {Declared} declared
 * @returns {Arg[][]}
 */
function argumentLists(node, declared) {
  const isOptional = (/** @type {ts.ParameterDeclaration} */ each) =>
    each.questionToken !== undefined || (each.type ? /\b(undefined|null)\b/.test(each.type.getText()) : false);
  const full = node.parameters.map((each) => argument(each.type, declared));
  if (!node.parameters.some(isOptional)) return [full];
  /** @type {Arg} */
  const nothing = { undefined: true };
  return [full, node.parameters.map((each, i) => (isOptional(each) ? nothing : (full[i] ?? nothing)))];
}

/**
 * @param {ts.TypeNode | undefined} type
 * @param {Declared} declared
 * @returns {Arg}
 */
function argument(type, declared) {
  if (!type) return { object: true };
  if (ts.isUnionTypeNode(type)) {
    const useful = type.types.find((each) => !/^(undefined|null)$/.test(each.getText()));
    return argument(useful ?? type.types[0], declared);
  }
  if (ts.isParenthesizedTypeNode(type)) return argument(type.type, declared);
  if (ts.isArrayTypeNode(type)) return { list: [argument(type.elementType, declared)] };
  if (ts.isFunctionTypeNode(type)) return { callback: true };
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return { value: type.literal.text };
  const text = type.getText();
  if (text === 'number') return { value: 7 };
  if (text === 'bigint') return { bigint: '7' };
  if (text === 'string') return { value: 'grüße' };
  if (text === 'boolean') return { value: true };
  if (text === 'any' || text === 'unknown') return { value: 'anything' };
  if (text === 'Function') return { callback: true };
  if (/^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/.test(text)) return { typed: text };
  return named(text.split('.').at(-1) ?? text, declared);
}

/**
 * @param {string} name
 * @param {Declared} declared
 * @returns {Arg}
 */
function named(name, declared) {
  const node = declared.get(name);
  if (node && ts.isClassDeclaration(node)) return { instance: name };
  if (node && ts.isEnumDeclaration(node)) return { value: 0 };
  if (node && ts.isTypeAliasDeclaration(node)) return argument(node.type, declared);
  return { object: true };
}

/** The web target's own functions: the probe has called one of them already. @param {ts.FunctionDeclaration} node */
function isInit(node) {
  return node.name?.text === 'initSync' || node.name?.text === '__wbg_init' || node.name?.text === '__wbg_reset_state';
}

/** @param {ts.FunctionDeclaration | ts.ClassDeclaration} node */
function exportedName(node) {
  return ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Default ? 'default' : (node.name?.text ?? 'default');
}
