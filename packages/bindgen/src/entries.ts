/**
 * Every function that a module exports, with what its guard needs to know: how its user calls it, and what it does once the instance is lost.
 */
import { type Entry, RESTORED_ENTRY, RESTORED_EXPORT } from '@wasm-revive/kernel';
import { memberOf, type Node, walk } from './ast.js';
import { membersOf } from './classes.js';
import type { Glue, GlueFunction } from './glue.js';
import type { WasmInfo } from './wasm-info.js';

/** An exported function and its guard. */
export interface GuardedExport extends Entry {
  /** The name in the module. */
  readonly export: string;
  readonly parameters: number;
  /** Whether glue moves the stack pointer through it. */
  readonly movesStack: boolean;
}

/** Functions of wasm-bindgen's own that nothing of the user's is behind. */
const INTRINSIC = /^__wbindgen_|^__externref_|^__wbg_.*_free$/;
/** Frees and returns; on a lost instance there is nothing to free. */
const RELEASES = /^__wbindgen_free$|^__wbindgen_destroy_closure$|^__externref_(?:table_dealloc|drop_slice)$|^__wbg_.*_free$/;

/** Lists the guards that a module's exports need, in the order of the module. */
export function guardedExports(glue: Glue, wasm: WasmInfo): GuardedExport[] {
  const names = new Map(displayNames(glue)).set(RESTORED_EXPORT, RESTORED_ENTRY);
  const releasing = releasingExports(glue);
  const moving = movingExports(glue);
  const closures = new Set([...closureAdapters(glue, wasm)].map(([, exported]) => exported));
  return wasm.exports
    .filter((entry) => entry.kind === 'function')
    .map((entry) => ({
      export: entry.name,
      parameters: entry.params.length,
      movesStack: moving.has(entry.name) && entry.params.length === 1,
      name: closures.has(entry.name) ? 'a closure' : INTRINSIC.test(entry.name) ? entry.name : (names.get(entry.name) ?? entry.name),
      whenLost: RELEASES.test(entry.name) || releasing.has(entry.name) ? 'nothing' : closures.has(entry.name) ? 'closure' : 'throw',
    }));
}

/**
 * The functions through which JavaScript enters a closure of Rust, and the export each calls. They convert arguments first, so a
 * stale closure has to be stopped there, before its arguments are.
 */
export function closureAdapters(glue: Glue, wasm: WasmInfo): Map<GlueFunction, string> {
  const exports = new Set(wasm.exports.map(({ name }) => name));
  const adapters = new Map<GlueFunction, string>();
  for (const fn of glue.functions.values()) {
    if (fn.statement.exported || glue.forwarded.has(fn.name)) continue;
    if (exports.has(fn.name)) adapters.set(fn, fn.name);
    else if (/^__wbg_adapter_\d+$/.test(fn.name)) {
      // Older glue numbers exports: `wasm.__wbindgen_export_5(arg0, arg1, …)`.
      const called = wasmCalls(fn.node).findLast((name) => !INTRINSIC.test(name)) ?? closureCall(fn);
      if (called !== undefined) adapters.set(fn, called);
    }
  }
  return adapters;
}

/** The export that a function calls with the two words of a closure, `wasm.closure9(arg0, arg1, …)`, where it is given those. */
export function closureCall({ node }: GlueFunction): string | undefined {
  let called: string | undefined;
  walk(node, (child) => {
    if (child.type !== 'CallExpression' || !isClosure(child.arguments)) return;
    called ??= memberOf(child.callee, 'wasm');
  });
  return isClosure(node.params) ? called : undefined;
}

function isClosure(args: readonly Node[]): boolean {
  return [0, 1].every((index) => {
    const arg = args[index];
    return arg?.type === 'Identifier' && arg.name === `arg${index}`;
  });
}

function displayNames(glue: Glue): Map<string, string> {
  const names = new Map<string, string>();
  const learn = (node: Node, name: string): void => {
    for (const called of wasmCalls(node)) if (!names.has(called)) names.set(called, name);
  };
  for (const name of glue.forwarded) {
    const fn = glue.functions.get(name);
    if (fn) learn(fn.node, name);
  }
  for (const cls of glue.classes.values()) {
    for (const member of membersOf(glue, cls)) learn(member.node, member.displayName);
  }
  return names;
}

/** Exports that are called in `finally` blocks and finalizers, whatever they are called: older glue gives intrinsics numbered names. */
function releasingExports(glue: Glue): Set<string> {
  const names = new Set<string>();
  const add = (node: Node): void => {
    for (const name of wasmCalls(node)) names.add(name);
  };
  for (const { node } of glue.statements) {
    walk(node, (child) => {
      if (child.type === 'TryStatement' && child.finalizer) add(child.finalizer);
      if (child.type === 'NewExpression' && child.callee.type === 'Identifier' && child.callee.name === 'FinalizationRegistry') add(child);
    });
  }
  return names;
}

/**
 * Exports through which glue takes room on Rust's stack: called with `-16`, whatever they are called. Nothing else of what glue calls is given
 * a negative literal.
 */
function movingExports({ statements }: Glue): Set<string> {
  const names = new Set<string>();
  for (const { node } of statements) {
    walk(node, (child) => {
      if (child.type !== 'CallExpression' || child.arguments.length !== 1) return;
      const [by] = child.arguments;
      const name = memberOf(child.callee, 'wasm');
      const isTaken = by?.type === 'UnaryExpression' && by.operator === '-' && by.argument.type === 'Literal';
      if (name !== undefined && isTaken) names.add(name);
    });
  }
  return names;
}

/** The exports that a piece of glue calls, in order. */
function wasmCalls(node: Node): string[] {
  const names: string[] = [];
  walk(node, (child) => {
    if (child.type !== 'CallExpression') return;
    const name = memberOf(child.callee, 'wasm');
    if (name !== undefined) names.push(name);
  });
  return names;
}
