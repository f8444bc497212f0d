/**
 * The imports that do nothing outside of the instance but what is taken back with the turn. Where turns can be undone, the guards of all others say that
 * they were called: the executor of futures, whose microtask comes once, is run again after such a turn only where nothing would be done twice.
 */
import type { Glue } from '../read/glue.js';
import { keyName, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';
import { wrappedFunction } from './unwrap-imports.js';

/** What wasm-bindgen itself imports to read, to make and to let go of values. What may run code of the program's (`valueOf`, a getter) is not here. */
const INTRINSIC =
  /^__wb(?:g_(?:__)?wb)?indgen_(?:(?:string_get|bigint_get_as_i64|typeof|string_new|cb_drop|generic|cast)(?:_[0-9a-f]{8,16})?|closure_wrapper_?\d+)$/;

/** What js-sys imports to find the global object, and what lets go of a closure. */
const BY_NAME = /^__wbg_(?:static_accessor_(?:GLOBAL_THIS|GLOBAL|SELF|WINDOW)|_wbg_cb_unref)_[0-9a-f]{16}$/;

/** What wasm-bindgen-futures imports, by what it does: other imports have such names, too. */
const BY_TEXT =
  /^(?:queueMicrotask\(arg0(?:, arg1)?\);|const ret = (?:arg0\.queueMicrotask|Promise\.resolve\(arg0\)|arg0\.then\(arg1(?:, arg2)?\)); return ret;)$/;

/** The names of those imports. */
export function quietImports(glue: Glue, names: readonly string[]): Set<string> {
  const quiet = new Set(names.filter((name) => INTRINSIC.test(name) || BY_NAME.test(name)));
  const imported = new Set(names);
  for (const { node } of glue.statements) {
    walk(node, (child, parent) => {
      if (child.type !== 'FunctionDeclaration' && child.type !== 'FunctionExpression') return true;
      const name = child.id?.name ?? (parent?.type === 'Property' ? keyName(parent.key) : undefined);
      if (name !== undefined && imported.has(name) && BY_TEXT.test(textOf(glue, wrappedFunction(child) ?? child))) quiet.add(name);
      return true;
    });
  }
  return quiet;
}

/** What a function does, as glue with reference types has it. */
function textOf({ code }: Glue, { body }: FunctionNode): string {
  if (!body) return '';
  const text = code.slice(body.start + 1, body.end - 1).trim();
  return text
    .replace(/\b(?:get|take)Object\((arg\d+)\)/g, '$1')
    .replace(/\baddHeapObject\(ret\)/g, 'ret')
    .replace(/\s+/g, ' ');
}
