/**
 * The text of the guards: one function an export and one an import. Text, not wrappers made in a loop: those share one feedback
 * cell and V8 inlines none of them (measured on an empty export: 15–17 ns emitted, 36–48 ns wrapped, 15 ns unguarded).
 */
import type { GuardedExport } from './entries.js';
import type { WasmExport, WasmImport, WasmInfo } from './wasm-info.js';

// The count of running imports, and the mark in it.
const RUNNING = '0x1fffffff';
const LOST = '-0x20000000';

/** Imports that can neither enter the instance nor fail, so that nothing can have happened to it while they ran. */
const HARMLESS =
  /^__wb(?:g___wb)?indgen_(?:is_(?:array|bigint|falsy|function|null|null_or_undefined|object|string|symbol|truthy|undefined)|boolean_get|number_get|number_new|bigint_from_[iu](?:64|128)|object_clone_ref|object_drop_ref|jsval_eq|memory|module|function_table|init_externref_table)(?:_[0-9a-f]{16})?$/;

/** Imports through which Rust throws on purpose, and those that refuse a handle. */
const DELIBERATE = /^__wb(?:g___wb)?indgen_(?:throw|rethrow|panic_error)(?:_[0-9a-f]{16})?$|^__wbg_.*_unwrap$/;

/** Literals with 128 properties or more are dictionaries in V8 14: every load would be a look-up (measured: 16 ns more a call). */
const CHUNK = 100;

/**
 * What stands at the top of every scope: the state of its instance, and the slow paths of its guards.
 *
 * Constants that hold fields, not variables: V8 folds a field of a constant object that was stored once, and never a `let` of a
 * function (measured on an empty export: 1 ns above plain glue, against 4–7). So nothing on the path of a call is stored twice before
 * the instance is lost; then the code is compiled anew, once.
 */
export const GUARD_PRELUDE = `  const $id = $host.generation;
  const $turns = $host.turns;
  // The raw exports, given by $bind and taken away by $release: none means lost.
  const $raw = {};
  // How many imports are running. Frames of the instance are on the stack exactly while one is. Negative: lost, or torn.
  const $imports = { running: 0 };
  let wasm;
  function $refuse(entry) {
    $host.refuse(entry);
  }
  function $enter(entry) {
    if ($imports.running === 0) $host.entered(entry);
  }
  function $leave() {
    if ($imports.running === 0) $host.committed();
  }
  function $threw(error, entry) {
    const thrown = $host.threw(error, entry, ($imports.running & ${RUNNING}) === 0);
    if ($raw.a0 !== undefined) $imports.running &= ${RUNNING};
    return thrown;
  }
  function $assertOwn(values) {
    for (const value of values) {
      const generation = typeof value === 'object' && value !== null ? value[$generation] : undefined;
      if (generation !== undefined && generation !== $id) $host.strange(generation, value.constructor.name);
    }
  }
`;

/** The name of the guard of an export, by its place in the list of guards. */
export function guardName(index: number): string {
  return `$g${index}`;
}

/** Emits the guards, `$bind`, which gives them their instance, and `$release`, which takes it away. */
export function emitExportGuards(guards: readonly GuardedExport[], wasm: WasmInfo, cachedViews: readonly string[]): string {
  const others = wasm.exports.filter(({ kind }) => kind !== 'function');
  const chunks = Array.from({ length: Math.max(1, Math.ceil(guards.length / CHUNK)) }, (_, chunk) => chunk);
  const fields = (chunk: number): string =>
    guards
      .map((guard, index) => `      e${index}: $exports[${JSON.stringify(guard.export)}],\n`)
      .slice(chunk * CHUNK, (chunk + 1) * CHUNK)
      .join('');
  return [
    ...guards.map(emitExportGuard),
    '  function $bind($exports) {',
    ...chunks.map((chunk) => `    $raw.a${chunk} = {\n${fields(chunk)}    };`),
    '    wasm = {',
    ...others.map((entry) => `      ${JSON.stringify(entry.name)}: ${emitOther(entry)},`),
    '    };',
    '  }',
    '  function $release() {',
    `    $imports.running |= ${LOST};`,
    // Handles and listeners may keep this scope alive for ever: they must not keep the memory.
    ...chunks.map((chunk) => `    $raw.a${chunk} = undefined;`),
    ...cachedViews.map((name) => `    ${name} = null;`),
    '    if (wasm === undefined) return;',
    ...others.map((entry) => `    wasm[${JSON.stringify(entry.name)}] = ${emitReleased(entry)};`),
    '  }',
    '  let $all;',
    '  function $guarded() {',
    '    return ($all ??= Object.assign(wasm, {',
    ...guards.map((guard, index) => `      ${JSON.stringify(guard.export)}: ${guardName(index)},`),
    '    }));',
    '  }',
  ].join('\n');
}

function emitExportGuard(guard: GuardedExport, index: number): string {
  const params = parameterList(guard.parameters);
  const holder = `$raw.a${Math.floor(index / CHUNK)}`;
  return `  const ${guardName(index)} = (${params}) => {
    const $a = ${holder};
    if ($a === undefined) return $refuse(${index});
    if ($turns) $enter(${index});
    let $r;
    try { $r = $a.e${index}(${params}); } catch ($error) { $imports.running |= ${LOST}; throw $threw($error, ${index}); }
    if ($turns) $leave();
    return $r;
  };`;
}

/** Older glue calls destructors straight out of the function table: `wasm.table.get(i)(a, b)`. */
function emitOther(entry: WasmExport): string {
  const raw = `$exports[${JSON.stringify(entry.name)}]`;
  return entry.kind === 'table' && entry.element === 'funcref' ? `$guardTable(${raw})` : raw;
}

function emitReleased(entry: WasmExport): string {
  return entry.kind === 'table' && entry.element === 'funcref' ? '$guardTable(undefined)' : 'undefined';
}

/** Emitted where the module exports its function table. */
export const TABLE_GUARD = `  function $guardTable($table) {
    return {
      get($index) {
        const $function = $table === undefined ? undefined : $table.get($index);
        return (...$args) => {
          if ($raw.a0 === undefined || $function === undefined) return;
          try { return $function(...$args); } catch ($error) { $imports.running |= ${LOST}; throw $threw($error, -1); }
        };
      },
    };
  }
`;

/**
 * Emits `$guardImports`: while an import ran, the instance may have been lost; then its frames must not run on (I3). A guard that had no
 * stack left to tell leaves its mark in the count, which needs none.
 */
export function emitImportGuards(wasm: WasmInfo): string {
  const modules = new Map<string, WasmImport[]>();
  for (const entry of wasm.imports) {
    const entries = modules.get(entry.module) ?? [];
    modules.set(entry.module, entries);
    entries.push(entry);
  }
  const lines = ['  function $guardImports($raw) {', '    return {', '      __proto__: null,'];
  const slots: string[] = [];
  let count = 0;
  for (const [module, entries] of modules) {
    lines.push(`      ${JSON.stringify(module)}: {`, '        __proto__: null,');
    for (const entry of entries) {
      const raw = `$raw[${JSON.stringify(module)}][${JSON.stringify(entry.name)}]`;
      if (entry.kind !== 'function' || HARMLESS.test(entry.name)) {
        lines.push(`        ${JSON.stringify(entry.name)}: ${raw},`);
        continue;
      }
      const slot = `$i${count++}`;
      slots.push(`    const ${slot} = ${raw};`);
      lines.push(emitImportGuard(entry.name, entry.params.length, slot));
    }
    lines.push('      },');
  }
  lines.push('    };', '  }');
  lines.splice(1, 0, ...slots);
  return lines.join('\n');
}

function emitImportGuard(name: string, parameters: number, slot: string): string {
  const params = parameterList(parameters);
  return `        ${JSON.stringify(name)}(${params}) {
          $imports.running++;
          let $r;
          try { $r = ${slot}(${params}); } catch ($error) { $imports.running--; throw $host.crossed($error, ${DELIBERATE.test(name)}); }
          if (--$imports.running < 0) throw $host.torn(new RangeError('Maximum call stack size exceeded'));
          return $r;
        },`;
}

function parameterList(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index}`).join(', ');
}
