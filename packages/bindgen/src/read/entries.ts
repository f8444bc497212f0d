/**
 * Every function that a module exports, with what its guard needs to know: how its user calls it, and what it does once the instance is lost.
 */
import { type Entry, RESTORED_ENTRY, RESTORED_EXPORT } from '@wasm-revive/kernel';
import { memberOf, type Node, walk } from '../syntax/ast.js';
import type { WasmInfo } from '../wasm/wasm-info.js';
import { membersOf } from './classes.js';
import type { Glue, GlueFunction } from './glue.js';

/** An exported function and its guard. */
export interface GuardedExport extends Entry {
  /** The function of the scope that calls it for the user, under the name of the entry; undefined where the entry is not called for one. */
  readonly calledBy: string | undefined;
  /** The name in the module. */
  readonly export: string;
  /** The types of its parameters. */
  readonly params: readonly string[];
  /** Whether glue moves the stack pointer through it. */
  readonly movesStack: boolean;
}

/** Functions of wasm-bindgen's own that nothing of the user's is behind. */
const INTRINSIC = /^__wbindgen_|^__externref_|^__wbg_.*_free$/;
/** Frees and returns; on a lost instance there is nothing to free. */
const RELEASES = /^__wbindgen_free$|^__wbindgen_destroy_closure$|^__externref_(?:table_dealloc|drop_slice)$|^__wbg_.*_free$/;

/** Lists the guards that a module's exports need: first those that the façade's functions call, in the order of these, then the others. */
export function guardedExports(glue: Glue, wasm: WasmInfo): GuardedExport[] {
  const callers = callersOf(glue);
  const releasing = releasingExports(glue);
  const moving = movingExports(glue);
  const closures = new Set([...closureAdapters(glue, wasm)].map(([, exported]) => exported));
  const guards = wasm.exports
    .filter((entry) => entry.kind === 'function')
    .map((entry): GuardedExport => {
      const isClosure = closures.has(entry.name);
      const caller = isClosure || entry.name === RESTORED_EXPORT || INTRINSIC.test(entry.name) ? undefined : callers.get(entry.name);
      return {
        export: entry.name,
        params: entry.params,
        movesStack: moving.has(entry.name) && entry.params.length === 1,
        calledBy: caller?.scopeName,
        name: isClosure ? 'a closure' : entry.name === RESTORED_EXPORT ? RESTORED_ENTRY : (caller?.displayName ?? entry.name),
        whenLost: RELEASES.test(entry.name) || releasing.has(entry.name) ? 'nothing' : isClosure ? 'closure' : 'throw',
      };
    });
  const order = new Map([...new Set([...callers.values()].map(({ scopeName }) => scopeName))].map((name, index) => [name, index]));
  const place = ({ calledBy }: GuardedExport): number => (calledBy === undefined ? order.size : (order.get(calledBy) ?? order.size));
  return guards.sort((a, b) => place(a) - place(b));
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

/** By export, the first function of the façade that calls it. */
function callersOf(glue: Glue): Map<string, Caller> {
  const callers = new Map<string, Caller>();
  const learn = (node: Node, caller: Caller): void => {
    for (const called of wasmCalls(node)) if (!callers.has(called)) callers.set(called, caller);
  };
  for (const { name, node } of glue.functions.values()) {
    if (glue.forwarded.has(name)) learn(node, { scopeName: name, displayName: name });
  }
  for (const cls of glue.classes.values()) {
    for (const member of membersOf(glue, cls)) learn(member.node, member);
  }
  return callers;
}

interface Caller {
  readonly scopeName: string;
  readonly displayName: string;
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
