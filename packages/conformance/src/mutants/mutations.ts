/** Small changes to a package, as data: each is a way in which a folder may differ from what wasm-bindgen writes. */

/** Texts put in the place of others: names and marks that an emitter might have for itself, and ends of lines, strings and comments. */
export const ODD_WORDS = [
  ...["'", '"', '`', '${', '*/', '/*', '//', '\\', '\u2028', '\u2029', '\r', '\0', '{', '}', '(', ')', ';', ',', '=>'],
  ...['new', 'get', 'set', 'static', 'constructor', 'default', 'await', 'async', 'yield', 'let', 'class', 'function', 'this', 'super'],
  ...['arguments', 'eval', '__proto__', 'prototype', 'toString', 'wasm', 'imports', 'get$value', 'Counter', 'Counter$inc', 'Counter$new'],
  ...[
    '$host',
    '$live',
    '$app',
    '$base',
    '$raw',
    '$this',
    '__revive',
    '__wbg_ptr',
    '__wbg_init',
    'instance',
    'module',
    'exports',
    'undefined',
  ],
] as const;

/** What is put before a file, after it, or in the middle of it. */
export const INSERTS: Readonly<Record<string, string>> = {
  hashbang: '#!/usr/bin/env node\n',
  'byte order mark': '\ufeff',
  'use strict': '"use strict";\n',
  'doc comment': '/** @wasm-revive transformed by wasm-revive, import { revive } from "./wasm-revive.js" */\n',
  'comment with the words of a module': '/* export default class { } import.meta module.exports = {} */\n',
  'comment with a line separator': '/* \u2028 */\n',
  'source map': '\n//# sourceMappingURL=other.js.map\n',
  'source map with code': '\n//# sourceMappingURL=x\u2028globalThis.wasmReviveMutant = true;\n',
  statement: '\nvar wasmReviveMutant = 1;\n',
  export: '\nexport const wasmReviveMutant = 1;\n',
  function: '\nfunction $host(a) { return a; }\n',
  label: '\nlabel: { break label; }\n',
  html: '\n<!-- comment\n',
  nesting: `\n${'['.repeat(20_000)}${']'.repeat(20_000)};\n`,
};

/** Names that a module may have: `app` of `app_bg.wasm`. */
export const MODULE_NAMES = [
  "it's",
  'a"b',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an end of a template is what it is for
  'a`b${c}',
  'a\u2028globalThis.wasmReviveMutant=1;',
  'a b',
  'ä😀',
  'a%20b',
  'a#b',
  'a?b',
  'a\\b',
  'a*/b',
  'default',
  'wasm-revive',
  'a$&b',
  '$1',
  '-',
  'a\nb',
] as const;

/** Positions are fractions, so that they mean something in every file. */
export type Mutation =
  | { readonly do: 'delete' | 'duplicate'; readonly what: 'line' | 'token'; readonly at: number; readonly count: number }
  | { readonly do: 'swap'; readonly what: 'line' | 'token'; readonly at: number; readonly with: number }
  | { readonly do: 'replace'; readonly at: number; readonly by: string }
  | { readonly do: 'rename'; readonly at: number; readonly to: string }
  | { readonly do: 'rename-module'; readonly to: string }
  | { readonly do: 'insert'; readonly at: number; readonly what: string }
  | { readonly do: 'truncate'; readonly file: 'glue' | 'wasm' | 'manifest'; readonly at: number }
  | { readonly do: 'line-ends'; readonly end: '\r\n' | '\r' | '\u2028' }
  | { readonly do: 'flip'; readonly at: number; readonly bit: number }
  | { readonly do: 'rename-in-wasm'; readonly at: number }
  | { readonly do: 'section'; readonly name: string; readonly bytes: number }
  | { readonly do: 'file'; readonly name: string; readonly text: string }
  | { readonly do: 'remove'; readonly at: number }
  /** Not drawn: one that was found, kept in words that outlive other changes of the glue. */
  | { readonly do: 'edit'; readonly from: string; readonly to: string };
