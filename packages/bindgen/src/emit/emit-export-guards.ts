/**
 * The text of the guards of exports, one function each. Text, not wrappers made in a loop: those share one feedback
 * cell and V8 inlines none of them (measured on an empty export: 15–17 ns emitted, 36–48 ns wrapped, 15 ns unguarded).
 */

import type { GuardedExport } from '../read/entries.js';
import { propertyKey, setProperty } from '../syntax/names.js';
import type { WasmExport, WasmInfo } from '../wasm/wasm-info.js';
import { emitConversions, emitConverters } from './emit-conversions.js';
import { mayPersist } from './emit-import-guards.js';
import { CHUNK, recordPath } from './emit-record.js';
import { BIND_UNDO, type Commit, RELEASE_UNDO } from './emit-undo.js';

/**
 * What stands at the top of every scope: the state of its instance, and the slow paths of its guards.
 *
 * Constants that hold fields, not variables: V8 folds a field of a constant object that was stored once, and never a `let` of a
 * function (measured on an empty export: 1 ns above plain glue, against 4–7). So nothing on the path of a call is stored twice before
 * something is caught for the first time; then the code is compiled anew, once.
 */
export const GUARD_PRELUDE = `  const $base = $host.base;
  const $end = $base + 0x100000000;
  const $turns = $host.turns;
  // What is known of one instance of the scope, also when its binding is gone. While imports run, and only then, frames of it are on the stack.
  function $stateFor(host) {
    return { host, imports: 0, lent: 0, trap: undefined, alarmed: false, signalled: false };
  }
  // In place of a binding while the instance is being made, which may run a start function of the module's own.
  const $unborn = { state: $stateFor($host) };
  // What binds the scope to its instance: in $raw.binding the raw exports, for guards; in $raw.api the functions for the facade. Both are gone once
  // the instance is lost. A frame that comes back and finds another binding goes no further before it has asked.
  // Note: its fields are added one by one, so that the first store of each is the only one until something is caught; see $nobody.
  const $raw = {};
  $raw.state = $unborn.state;
  let wasm;
  function $unbound() {
    if (wasm !== undefined) throw $raw.state.host.dropped();
    // The program starts an instance of which it has yet to show the exports.
    return ($app.claim() && $raw.binding) || $unborn;
  }
  function $refuse(entry) {
    $raw.state.host.refuse(entry);
  }
  // Whether the instance is lost that a frame began with. Another one may have its place.
  function $isFormer({ state }) {
    return $raw.binding?.state !== state;
  }
  // Says whether the hooks that hear of it have cost the instance.
  function $begin(entry, binding) {
    const { host, imports } = binding.state;
    if (imports === 0) host.entered(entry);
    return $isFormer(binding) && host.refuse(entry);
  }
  function $leave({ state }) {
    if (state.imports === 0) state.host.left();
  }
  // What a guard has caught. Note: it shuts the scope among the arguments, before this is called, for there may be no stack left for the call. \`bound\`
  // is what it took away. Without a binding nothing was entered: there was nothing to read the export from.
  function $caught(error, entry, binding, bound) {
    if (binding === undefined) {
      if ($raw.state.trap === error) $raw.state.trap = undefined;
      return $refuse(entry);
    }
    throw $threw(error, entry, binding, bound);
  }
  function $threw(error, entry, { state }, bound) {
    if (bound !== undefined) {
      $raw.api = $api;
      $raw.binding = bound;
      state.trap = undefined;
    }
    if ($aside !== undefined && error === $aside) {
      // Note: what is thrown may hold an instance by its stack.
      $aside = undefined;
      if (state.trap === error) state.trap = undefined;
      return error.error;
    }
    try {
      return state.host.threw(error, entry, state.imports);
    } catch {
      // An instance that has the place of this one is well.
      if ($raw.state !== state) return state.host.exhausted;
      $raw.api = $raw.binding = undefined;
      state.trap ??= error;
      if (!state.alarmed) {
        // Where there is too little stack even for that, a guard further out does it.
        state.host.alarm();
        state.alarmed = true;
      }
      return state.host.exhausted;
    }
  }
  // What an import threw, which counts as running no more.
  function $crossed(error, { state }, deliberate = false) {
    return state.host.crossed(error, deliberate, state.imports);
  }
  // What an import returns that began with another binding. \`held\` is what Rust would hold of it.
  function $returned(result, binding, held = result) {
    if (binding === $unborn) return result;
    const { host, imports } = binding.state;
    if ($isFormer(binding)) throw host.dropped(held);
    host.returned(imports);
    return result;
  }
  function $watch() {
    // A guard may have shut the scope meanwhile: without a binding, it stays shut.
    if ($raw.binding !== undefined) $raw.binding = { ...$raw.binding };
  }
  // What is thrown aside of what an export does: by a hook, or because it is refused. It says nothing of the instance.
  let $aside;
  function $asideOf(run) {
    try { return run(); } catch (error) { throw ($aside = { error }); }
  }
  function $isStrange(pointer) {
    return pointer !== 0 && (pointer < $base || pointer >= $end);
  }
`;

/** The name of the guard of an export, by its place in the list of guards. */
export function guardName(index: number): string {
  return `$g${index}`;
}

/** What the guards of a scope are emitted with. */
export interface ExportGuardOptions {
  /** Variables of the glue's that hold a view of the memory. */
  readonly cachedViews: readonly string[];
  /** By what turns can be undone, where they can be. */
  readonly undo: Commit | undefined;
  /** Where that is a log: see {@link allocators}. */
  readonly allocators: ReadonlyMap<string, number>;
  /** Whether Rust is given values of JavaScript that it holds as soon as the scope has its instance. */
  readonly holds: boolean;
}

/** Emits the guards, `$bind`, which gives them their instance, and `$release`, which takes it away. */
export function emitExportGuards(
  guards: readonly GuardedExport[],
  wasm: WasmInfo,
  { cachedViews, undo, allocators, holds }: ExportGuardOptions,
): string {
  const others = wasm.exports.filter(({ kind }) => kind !== 'function');
  const persists = mayPersist(wasm);
  return `${emitConverters(wasm)}${guards.map((guard, index) => emitExportGuard(guard, index, guards.length, persists, undo === undefined ? undefined : allocators)).join('\n')}
${persists ? ENDED : ''}${undo === undefined ? HEARD : emitEnter(guards.length)}  // The exports that have guards, in order.
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

/** Where a guard finds the export that it enters. */
export function exportPath(index: number, count: number): string {
  return recordPath(index, count, `e${count <= CHUNK ? index : index % CHUNK}`);
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

/**
 * What a guard does when it catches something: it shuts the scope with plain stores, for it may have no stack left to call anybody, and
 * whoever it can call opens it again. The stores stand among the arguments of that call, which are there before it is made.
 *
 * Note: short, or V8 inlines fewer guards (its budget is 920 bytes of bytecode a function), and big modules have thousands of them.
 */
function emitCatch(entry: number | string): string {
  return `catch($e){return $caught($e,${entry},$on,$raw.binding,$raw.api=$raw.binding=undefined,($on??$raw).state.trap??=$e);}`;
}

/**
 * Where glue moves the stack pointer by itself (`wasm.__wbindgen_add_to_stack_pointer(-16)`, and `(16)` in a `finally`), `lent` is how much of
 * Rust's stack it holds. When the pointer is put back, that much is still to be given back by glue whose `finally` has not run yet. Glue runs the
 * `finally` also when it has failed before it took anything.
 */
const OVERPAID = 'if($0>$on.state.lent)return;';

/** Emitted where the program may persist state: Rust has signalled in this turn, whose end is that of its outermost entry. */
const ENDED = `  function $ended({ state }) {
    if (state.imports > 0) return;
    state.signalled = false;
    state.host.turnEnded();
  }
`;

/** @param allocators undefined where turns can't be undone, see {@link emitExportGuards} */
function emitExportGuard(
  guard: GuardedExport,
  index: number,
  count: number,
  persists: boolean,
  allocators: ReadonlyMap<string, number> | undefined,
): string {
  const params = parameterList(guard.params.length);
  const conversions = emitConversions(guard.params);
  // Note: without spaces, for big modules have more of guards than of anything else (measured, 2,429 guards: 160 KB of 3 MB).
  // And no arrow function, for V8 takes longer to read one (measured, the same: 6 ms of 39).
  const head = `const ${guardName(index)}=function(${params}){${conversions}const $on=$raw.binding;`;
  const call = `$on${exportPath(index, count)}(${params})`;
  // The parameter that says how many bytes it allocates, for JavaScript to write.
  const size = allocators?.get(guard.export);
  // A closure of Rust is called by the event loop, too: each is fast.
  if (allocators === undefined && !persists && !guard.movesStack) return `${head}try{return ${call};}${emitCatch(index)}};`;
  if (guard.whenLost !== 'closure' && !persists && !guard.movesStack && size === undefined) {
    const list = params === '' ? '' : `,${params}`;
    return `${head}if($turns||!$turn.isCalled)return $enter(${index},$on${list});try{return ${call};}${emitCatch(index)}};`;
  }
  const note = size === undefined ? '' : `$note($result,$${size});`;
  const isHeard = allocators !== undefined;
  const parts = [
    `if($on===undefined)return $refuse(${index});`,
    guard.movesStack ? OVERPAID : '',
    isHeard ? `if($turns&&$begin(${index},$on))return;` : '',
    `let $result;try{$result=${call};${note}}${emitCatch(index)}`,
    guard.movesStack ? '$on.state.lent-=$0;' : '',
    isHeard ? 'if($turns||!$turn.isCalled)$leave($on);' : '',
    persists ? 'if($on.state.signalled)$ended($on);' : '',
    'return $result;',
  ];
  return `${head}${parts.join('')}};`;
}

/**
 * Emitted where turns can't be undone: where turns are heard of, guards enter functions that say so. Guards have no part in it, for there are thousands
 * of them in big modules.
 */
const HEARD = `  function $heard($exports) {
    let $next = 0;
    const get = (_, $name) => {
      const $entry = $next++, $run = $exports[$name];
      if (typeof $run !== 'function') return $run;
      return (...$args) => {
        const $on = $raw.binding;
        if ($asideOf(() => $begin($entry, $on))) return;
        const $result = $run(...$args);
        $asideOf(() => $leave($on));
        return $result;
      };
    };
    return new $Proxy({ __proto__: null }, { __proto__: null, get });
  }
`;

/** Emitted where turns can be undone: what an entry does that is a turn of its own, or where turns are heard of. */
function emitEnter(count: number): string {
  const [piece, field] = count <= CHUNK ? ['', '$entry'] : [`['c' + ($entry - ($entry % ${CHUNK})) / ${CHUNK}]`, `($entry % ${CHUNK})`];
  return `  function $enter($entry, $on, ...$args) {
    if ($on === undefined) return $refuse($entry);
    if ($turns && $begin($entry, $on)) return;
    let $result;
    try { $result = $on${piece}['e' + ${field}](...$args); } ${emitCatch('$entry')}
    $leave($on);
    return $result;
  }
`;
}

/** The function table is behind guards, too: older glue calls destructors straight out of it, `wasm.table.get(i)(a, b)`. */
function emitOther(entry: WasmExport): string {
  const raw = `$exports[${JSON.stringify(entry.name)}]`;
  return isFunctionTable(entry) ? `$guardTable(${raw}, $exports)` : raw;
}

/** Note: a program may start an instance of its own that is not in use. What starts it sets references in this one's table. */
function emitReleased(entry: WasmExport): string {
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

export function parameterList(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index}`).join(',');
}
