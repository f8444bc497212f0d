/**
 * Turns the body of the glue into the factory: every call of it evaluates the glue anew, bound to one instance.
 * The glue's own text stays where it is (so that a source map leads back to it) and is edited as little as can be (`edit-scope.ts`); here is what stands
 * before and behind it.
 */

import { UNWIND_EXPORT } from '@wasm-revive/kernel';
import type { GuardedExport } from '../read/entries.js';
import { type Glue, helper } from '../read/glue.js';
import type { Prewarmed, WasmInfo } from '../wasm/wasm-info.js';
import { assertOwn, GET, isHandle, passesHandles } from './edit-handles.js';
import { emitApi, emitNames } from './emit-api.js';
import { emitBinding } from './emit-binding.js';
import { emitExportGuards } from './emit-export-guards.js';
import { emitHeld, hasHeap } from './emit-held.js';
import { areFilledIn, emitHeldValues } from './emit-held-values.js';
import { type EditedImports, emitImportGuards, type ImportGuards } from './emit-import-guards.js';
import { emitPayload, passesExceptions } from './emit-payload.js';
import { isFunctionTable, TABLE_GUARD } from './emit-table-guard.js';
import { allocators, type Commit, emitClosures, UNDO_PRELUDE } from './emit-undo.js';
import { exportPath, guardName } from './guard-parts.js';
import { GUARD_PRELUDE } from './guard-prelude.js';
import { quietImports } from './quiet-imports.js';

/** What a scope is emitted from, and what edits it needs to know. */
export interface ScopeContext {
  readonly glue: Glue;
  readonly wasm: WasmInfo;
  readonly guards: readonly GuardedExport[];
  /** How the raw import object is got: `__wbg_get_imports()`, or an object literal. */
  readonly rawImports: string;
  /** Whether the executor of futures may be entered again after a panic. */
  readonly entersAgain: boolean;
  /** By what turns can be undone, where they can be. */
  readonly undo: Commit | undefined;
  /** The state in which instances begin, where that isn't the one that the wasm file had before. */
  readonly begins: Prewarmed | undefined;
}

/** The text before the glue's own. */
export function scopeHead({ glue, undo }: ScopeContext): string {
  const inScope = glue.statements.filter(({ role }) => role === 'scope' || role === 'function');
  return [
    // Note: in parentheses, by which engines know that it is called at once. Else they would read all of it twice.
    `const $scope = (function $scope($host) {\n${GUARD_PRELUDE}${undo === undefined ? '' : UNDO_PRELUDE}`,
    passesHandles(glue) ? assertOwn(glue) : '',
    glue.code.includes('Reflect.get(') ? GET : '',
    // What `wasm_bindgen::instance()` gives: the real one would be a way in without guards.
    inScope.some(({ references }) => references.has('wasmInstance'))
      ? '  const wasmInstance = { __proto__: WebAssembly.Instance.prototype, get exports() { return $guarded(); } };\n'
      : '',
  ].join('');
}

/** The text after the glue's own. */
export function scopeTail({ glue, wasm, guards, rawImports, undo, begins }: ScopeContext, edited: EditedImports): string {
  const start = guards.findIndex((guard) => guard.export === '__wbindgen_start');
  const quiet =
    undo &&
    quietImports(
      glue,
      wasm.imports.map(({ name }) => name),
    );
  const holds = begins?.held !== undefined;
  return `${emitPayload(glue)}${emitExportGuards(guards, wasm, undo, undo === 'log' ? allocators(glue) : new Map())}${emitBinding(guards, wasm, { cachedViews: cachedViews(glue), undo, holds: holds && !areFilledIn(wasm) })}
${wasm.exports.some(isFunctionTable) ? TABLE_GUARD : ''}${emitImportGuards({ wasm, edited, passesExceptions: passesExceptions(glue), unwind: unwindOf(glue, guards), heap: hasHeap(glue), quiet, holds })}
${emitNames(glue, guards)}${emitApi(glue, undo !== undefined)}${begins === undefined ? '' : emitHeldValues(glue, wasm, begins, undo !== undefined)}
  return {
    imports: $guardImports(${rawImports}),
    bind: $bind,
    entries: $entries,
    payload: $payload,
    held: ${emitHeld(glue, wasm, undo !== undefined, begins?.held?.from)},
    release: $release,
    isShut: () => $raw.binding === undefined && wasm !== undefined,
    isQuiescent: () => $raw.state.imports === 0,
    watch: $watch,
    trap: () => $raw.state.trap,
    lent: () => $raw.state.lent,
${undo === undefined ? '' : `    closures: ${emitClosures(glue)},\n    isHandle: (value) => ${isHandle(glue)},\n`}    exports: $guarded,
    start() {${start < 0 ? '' : ` ${guardName(start)}(); `}},
    api: $api,
    raw: $raw,
  };
});
`;
}

/** What Rust needs to unwind with a value of JavaScript: the crate's function, and the glue's for values that Rust holds. */
function unwindOf(glue: Glue, guards: readonly GuardedExport[]): ImportGuards['unwind'] {
  const index = guards.findIndex((guard) => guard.export === UNWIND_EXPORT);
  const toRust = ['addToExternrefTable0', 'addHeapObject'].find((name) => helper(glue, name));
  return index < 0 || toRust === undefined ? undefined : { path: exportPath(index, guards.length), toRust };
}

/** Variables that hold a view of the memory: `let cachedUint8ArrayMemory0 = null`. */
function cachedViews(glue: Glue): string[] {
  return glue.statements
    .filter(({ role, inner }) => role === 'scope' && inner.type === 'VariableDeclaration' && inner.kind === 'let')
    .flatMap(({ declares }) => declares)
    .filter((name) => /^cached.*Memory\d*$/.test(name));
}
