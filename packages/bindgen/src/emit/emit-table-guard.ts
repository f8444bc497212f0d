/** The text of the guard of the function table, and what `wasm` has of exports that are no functions. */
import type { WasmExport } from '../wasm/wasm-info.js';
import { emitCatch } from './guard-parts.js';

/** The function table is behind guards, too: older glue calls destructors straight out of it, `wasm.table.get(i)(a, b)`. */
export function emitOther(entry: WasmExport): string {
  const raw = `$exports[${JSON.stringify(entry.name)}]`;
  return isFunctionTable(entry) ? `$guardTable(${raw}, $exports)` : raw;
}

/** Note: a program may start an instance of its own that is not in use. What starts it sets references in this one's table. */
export function emitReleased(entry: WasmExport): string {
  if (isFunctionTable(entry)) return '$noTable';
  return entry.kind === 'table' ? '{ get() {}, set() {}, grow() {} }' : 'undefined';
}

/** Whether an export is a table of functions. */
export function isFunctionTable(entry: WasmExport): boolean {
  return entry.kind === 'table' && entry.element === 'funcref';
}

/**
 * Emitted where the module exports its function table. What it holds is known by identity, as in a table of the engine's: an exported
 * function is the one that `__wasm` has; for a sibling, whose space is below 0, the one that its scope has.
 */
export const TABLE_GUARD = `  function $guardTable($table, $exports) {
    // Note: no Map, which may be the name of a class of the module's.
    const $functions = [], $guards = [], { state: $state } = $raw;
    function get($index) {
      const $function = $table.get($index);
      if ($function === null) return null;
      if (!$functions.includes($function)) {
        let $name;
        for (const $key in $exports) if ($exports[$key] === $function) $name ??= $key;
        $functions.push($function);
        $guards.push($name !== undefined ? ($base < 0 ? $guarded() : $app.wasm)[$name] : (...$args) => {
          const $numbers = $args.map($toNumeric);
          const $on = $raw.binding;
          if ($on?.state !== $state) return;
          try { return $function(...$numbers); } ${emitCatch(-1)}
        });
      }
      return $guards[$functions.indexOf($function)];
    }
    return { __proto__: WebAssembly.Table.prototype, get, get length() { return $table.length; } };
  }
  // Of functions that are no exports no types are known: they are Rust's own, which take numbers alone.
  function $toNumeric(value) {
    return typeof value === 'object' || typeof value === 'function' ? -(-value) : value;
  }
  const $noTable = { get: () => () => {} };
`;
