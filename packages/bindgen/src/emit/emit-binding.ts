/** The text that gives a scope its instance, and takes it away. */
import type { GuardedExport } from '../read/entries.js';
import { propertyKey, setProperty } from '../syntax/names.js';
import type { WasmInfo } from '../wasm/wasm-info.js';
import { CHUNK } from './emit-record.js';
import { emitOther, emitReleased } from './emit-table-guard.js';
import { BIND_UNDO, type Commit, RELEASE_UNDO } from './emit-undo.js';
import { guardName } from './guard-parts.js';

/** What a scope is bound with. */
export interface BindingOptions {
  /** Variables of the glue's that hold a view of the memory. */
  readonly cachedViews: readonly string[];
  /** By what turns can be undone, where they can be. */
  readonly undo: Commit | undefined;
  /** Whether Rust is given values of JavaScript that it holds as soon as the scope has its instance. */
  readonly holds: boolean;
}

/** Emits `$bind`, which gives the guards their instance, `$release`, which takes it away, and `$guarded`, the guards as an object. */
export function emitBinding(guards: readonly GuardedExport[], wasm: WasmInfo, { cachedViews, undo, holds }: BindingOptions): string {
  const others = wasm.exports.filter(({ kind }) => kind !== 'function');
  return `  // The exports that have guards, in order.
  function $exportNames() {
    return ${JSON.stringify(guards.map((guard) => guard.export))};
  }
${emitBindingOf(guards.length)}  // The guarded exports as an object, once somebody has asked for it.
  let $all;
  function $bind($exports, $of) {
    $raw.state = $stateFor($of);
    $all = undefined;
    $raw.api = $api;
    $raw.binding = $bindingOf(${undo === undefined ? '$turns ? $heard($exports) : ' : ''}$exports, $raw.state);
${undo === 'log' ? BIND_UNDO : ''}    wasm = {
${others.map((entry) => `      ${propertyKey(entry.name)}: ${emitOther(entry)},\n`).join('')}    };
${holds ? '    $heldAgain();\n' : ''}  }
  function $release() {
    $raw.api = $raw.binding = undefined;
    // Handles and listeners may keep this scope alive for ever: they must not keep the memory.
${[
  ...cachedViews.map((name) => `${name} = null;`),
  ...(undo === 'log' ? RELEASE_UNDO : []),
  'if (wasm === undefined) return;',
  ...others.map((entry) => `${setProperty('wasm', entry.name, emitReleased(entry))};`),
]
  .map((line) => `    ${line}\n`)
  .join('')}  }
  function $guarded() {
    if ($all !== undefined) return $all;
    const $guards = [${guards.map((_, index) => guardName(index)).join(',')}], $names = $exportNames();
    $guards.forEach((value, $entry) => {
      globalThis.Object.defineProperty(wasm, $names[$entry], { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    });
    return ($all = wasm);
  }`;
}

/**
 * Emits `$bindingOf`: the exports of an instance, as guards enter them. Where there are many, all pieces of the record but the last have one shape, and
 * come from one literal. Of that, there is less to compile than of a line for each export (measured, 2,429 exports: a tenth of the time to load).
 */
function emitBindingOf(count: number): string {
  const fields = (length: number): string => Array.from({ length }, (_, index) => `e${index}: $next()`).join(', ');
  const last = `{ ${fields(count % CHUNK)} }`;
  const pieces = Array.from(
    { length: Math.ceil(count / CHUNK) },
    (_, piece) => `c${piece}: ${count - piece * CHUNK < CHUNK ? last : '$piece()'}`,
  );
  return `  // What guards enter, of the exports of an instance.
  function $bindingOf($of, state) {
    const $names = $exportNames();
    let $at = 0;
    const $next = () => $of[$names[$at++]];
${count <= CHUNK ? '' : `    const $piece = () => ({ ${fields(CHUNK)} });\n`}    return { state, ${count <= CHUNK ? fields(count) : pieces.join(', ')} };
  }
`;
}
