/**
 * The text of the guards: one function an export and one an import. Text, not wrappers made in a loop: those share one feedback
 * cell and V8 inlines none of them (measured on an empty export: 15–17 ns emitted, 36–48 ns wrapped, 15 ns unguarded).
 */

import { PERSIST_EXPORT } from '@wasm-revive/kernel';
import { RETHROW_CRITICAL } from './edit-throws.js';
import { ownModule } from './emit-init.js';
import { CHUNK, emitRecord, recordPath } from './emit-record.js';
import { BIND_UNDO, RELEASE_UNDO } from './emit-undo.js';
import type { GuardedExport } from './entries.js';
import { memberPath, propertyKey, setProperty } from './names.js';
import type { WasmExport, WasmImport, WasmInfo } from './wasm-info.js';

/** Imports that can neither enter the instance nor fail, so that nothing can have happened to it while they ran. */
const HARMLESS =
  /^__wb(?:g___wb)?indgen_(?:is_(?:bigint|falsy|function|null|null_or_undefined|object|string|symbol|truthy|undefined)|boolean_get|number_get|number_new|bigint_from_[iu](?:64|128)|object_clone_ref|object_drop_ref|jsval_eq|memory|module|function_table|init_externref_table)(?:_[0-9a-f]{16})?$/;

/**
 * Imports through which Rust throws on purpose, and those that refuse a handle. `__wbindgen_throw` is called `__wbg_wbindgenthrow_…` by
 * wasm-bindgen 0.2.101, and `__wbg___wbindgen_throw_…` since 0.2.105; the hashes of older versions have no leading zeros.
 */
const DELIBERATE = /^__wb(?:g_(?:__)?wb)?indgen_?(?:throw|rethrow|panic_error)(?:_[0-9a-f]{8,16})?$|^__wbg_.*_unwrap$/;

/** Whether an import is there for Rust to throw by. */
export function throwsOnPurpose(name: string): boolean {
  return DELIBERATE.test(name);
}

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
  // What binds the scope to its instance: in $raw.binding the raw exports, for guards; in $raw.api the functions for the façade. Both are gone once
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

/**
 * Emits the guards, `$bind`, which gives them their instance, and `$release`, which takes it away.
 * @param allocators where turns can be undone: see {@link allocators}
 */
export function emitExportGuards(
  guards: readonly GuardedExport[],
  wasm: WasmInfo,
  cachedViews: readonly string[],
  allocators: ReadonlyMap<string, number> | undefined,
): string {
  const others = wasm.exports.filter(({ kind }) => kind !== 'function');
  const persists = mayPersist(wasm);
  const raw = guards.map((guard, index) => `e${index}: ${memberPath('$of', guard.export)}`);
  return `${guards.map((guard, index) => emitExportGuard(guard, index, guards.length, persists, allocators)).join('\n')}
${persists ? ENDED : ''}${allocators === undefined ? HEARD : emitEnter(guards.length)}  // What guards enter, of the exports of an instance.
  function $bindingOf($of, state) {
    return ${emitRecord(raw, '', 'state')};
  }
  // The exports that have guards, in order: those that are asked for where guards are bound.
  function $exportNames() {
    const $found = [];
    $bindingOf(new $Proxy({ __proto__: null }, { __proto__: null, get: (_, $name) => { $found[$found.length] = $name; } }));
    return $found;
  }
  // The guarded exports as an object, once somebody has asked for it.
  let $all;
  function $bind($exports, $of) {
    $raw.state = $stateFor($of);
    $all = undefined;
    $raw.api = $api;
    $raw.binding = $bindingOf(${allocators === undefined ? '$turns ? $heard($exports) : ' : ''}$exports, $raw.state);
${allocators === undefined ? '' : BIND_UNDO}    wasm = {
${others.map((entry) => `      ${propertyKey(entry.name)}: ${emitOther(entry)},\n`).join('')}    };
  }
  function $release() {
    $raw.api = $raw.binding = undefined;
    // Handles and listeners may keep this scope alive for ever: they must not keep the memory.
${[
  ...cachedViews.map((name) => `${name} = null;`),
  ...(allocators === undefined ? [] : RELEASE_UNDO),
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
 * What a guard does when it catches something: it shuts the scope with plain stores, for it may have no stack left to call anybody, and
 * whoever it can call opens it again. The stores stand among the arguments of that call, which are there before it is made.
 *
 * Note: short, or V8 inlines fewer guards (its budget is 920 bytes of bytecode a function), and big modules have thousands of them.
 */
function emitCatch(entry: number | string): string {
  return `catch ($e) { return $caught($e, ${entry}, $on, $raw.binding, $raw.api = $raw.binding = undefined, ($on ?? $raw).state.trap ??= $e); }`;
}

/**
 * Where glue moves the stack pointer by itself (`wasm.__wbindgen_add_to_stack_pointer(-16)`, and `(16)` in a `finally`), `lent` is how much of
 * Rust's stack it holds. When the pointer is put back, that much is still to be given back by glue whose `finally` has not run yet. Glue runs the
 * `finally` also when it has failed before it took anything.
 */
const OVERPAID = '  if ($0 > $on.state.lent) return;\n';

/** Emitted where the program may persist state: Rust has signalled in this turn, whose end is that of its outermost entry. */
const ENDED = `  function $ended({ state }) {
    if (state.imports > 0) return;
    state.signalled = false;
    state.host.turnEnded();
  }
`;

/** @param allocators see {@link emitExportGuards} */
function emitExportGuard(
  guard: GuardedExport,
  index: number,
  count: number,
  persists: boolean,
  allocators: ReadonlyMap<string, number> | undefined,
): string {
  const params = parameterList(guard.parameters);
  // Note: as little indented as the glue's own text, of which there is more than of anything else.
  const head = `const ${guardName(index)} = (${params}) => {
  const $on = $raw.binding;
`;
  const call = `$on${recordPath(index, count, `e${index}`)}(${params})`;
  // The parameter that says how many bytes it allocates, for JavaScript to write.
  const size = allocators?.get(guard.export);
  // A closure of Rust is called by the event loop, too: each is fast.
  if (allocators === undefined && !persists && !guard.movesStack) return `${head}  try { return ${call}; } ${emitCatch(index)}\n};`;
  if (guard.whenLost !== 'closure' && !persists && !guard.movesStack && size === undefined) {
    const list = params === '' ? '' : `, ${params}`;
    return `${head}  if ($turns || !$turn.isCalled) return $enter(${index}, $on${list});
  try { return ${call}; } ${emitCatch(index)}
};`;
  }
  const note = size === undefined ? '' : ` $note($result, $${size});`;
  const isHeard = allocators !== undefined;
  return `${head}  if ($on === undefined) return $refuse(${index});
${guard.movesStack ? OVERPAID : ''}${isHeard ? `  if ($turns && $begin(${index}, $on)) return;\n` : ''}  let $result;
  try { $result = ${call};${note} } ${emitCatch(index)}
${guard.movesStack ? '  $on.state.lent -= $0;\n' : ''}${isHeard ? '  if ($turns || !$turn.isCalled) $leave($on);\n' : ''}${persists ? '  if ($on.state.signalled) $ended($on);\n' : ''}  return $result;
};`;
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
  const piece = count <= CHUNK ? '' : `['c' + ($entry - ($entry % ${CHUNK})) / ${CHUNK}]`;
  return `  function $enter($entry, $on, ...$args) {
    if ($on === undefined) return $refuse($entry);
    if ($turns && $begin($entry, $on)) return;
    let $result;
    try { $result = $on${piece}['e' + $entry](...$args); } ${emitCatch('$entry')}
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
          const $on = $raw.binding;
          if ($on?.state !== $state) return;
          try { return $function(...$args); } ${emitCatch(-1)}
        });
      }
      return $guards[$functions.indexOf($function)];
    }
    return { __proto__: WebAssembly.Table.prototype, get, get length() { return $table.length; } };
  }
  const $noTable = { get: () => () => {} };
`;

/**
 * What upstream's `wrapError` does to an error that leaves an import under panic=unwind, done where the error is and not around every call
 * (measured: 7–10 ns a call, against 37–58).
 */
function emitWrap(passesExceptions: boolean): string {
  // What Rust throws is one already: thrown once more and caught, it would cost a panic a tenth.
  const pass = passesExceptions ? '    if ($isException(error)) return error;\n' : '';
  return `  function $wrap(error) {
${pass}    try { wrapError(() => { throw error; }, []); } catch (wrapped) { return $carries(wrapped, error); }
  }
`;
}

/**
 * Emitted where the unwind-catcher crate is, with imports that may unwind: Rust unwinds with what one threw as with a panic, into
 * `catch_unwind` or out of the export. What is caught here is the exception that does it; a trap, when there was no stack left for that.
 */
function emitUnwind(unwindPath: string, toRust: string): string {
  return `  function $unwind(error, binding) {
    const { host, imports } = binding.state;
    const thrown = host.crossed(error, true, imports - 1);
    if ($isFormer(binding)) return thrown;
    try { binding${unwindPath}(${toRust}(thrown)); } catch (unwinding) { return host.unwinding(unwinding); }
  }
`;
}

/** `Function.prototype()`, which does nothing: what the reinit-manager crate calls when Rust has asked for something. */
const SIGNAL = /^__wbg_prototype_[0-9a-f]{16}$/;

/** `Boolean()`, which does nothing: what the unwind-catcher crate calls when Rust has panicked and nothing is unwound yet. */
const PANICKED = /^__wbg_Boolean_[0-9a-f]{16}$/;

/** Whether the module says it when Rust asks for a fresh instance: else somebody has to look at the end of every turn. */
export function signalsReinit(wasm: WasmInfo): boolean {
  return hasReinitManager(wasm) && wasm.imports.some(({ name }) => SIGNAL.test(name));
}

/** Whether the module links the reinit-manager crate. */
export function hasReinitManager(wasm: WasmInfo): boolean {
  return wasm.wasmRevive.some((record) => record.crate === 'wasm-revive-reinit-manager');
}

/** Names of imports, by what was taken out of the glue's text of them. */
export interface EditedImports {
  /** `wrapError`. */
  readonly unwrapped: ReadonlySet<string>;
  /** The throw: they return what they would throw. */
  readonly returned: ReadonlySet<string>;
}

/** Whether the program may persist state by the reinit-manager crate's `persist!`, which signals as a request for a fresh instance does. */
function mayPersist(wasm: WasmInfo): boolean {
  return signalsReinit(wasm) && wasm.exports.some(({ name }) => name === PERSIST_EXPORT);
}

/** What stands behind the guards of imports. */
export interface ImportGuards {
  readonly wasm: WasmInfo;
  readonly edited: EditedImports;
  /** Whether `wrapError` throws a Wasm exception on as it is. */
  readonly passesExceptions: boolean;
  /** How a value of JavaScript is unwound with: where the holder of the exports has the crate's function, and the glue's that gives a value to Rust. */
  readonly unwind: { readonly path: string; readonly toRust: string } | undefined;
  /** Whether what imports return to Rust is a place in the glue's `heap`. */
  readonly heap: boolean;
}

/**
 * The imports that may unwind. The crate's macro knows the names that wasm-bindgen's has given them, `__wbg_render_0123456789abcdef`; what needs
 * nothing of the glue (under exnref, not even an error wrapped) the wasm file imports from its own module as `render`. Where two modules have
 * one of that name, neither is meant: who may not unwind must not.
 */
function unwindingImports(wasm: WasmInfo): WasmImport[] {
  const own = ownModule(wasm);
  return wasm.unwindingImports.flatMap((shim) => {
    const named = wasm.imports.filter(({ name }) => name === shim);
    if (named.length > 0) return named;
    const plain = /^__wbg_(.+)_[0-9a-f]{16}$/.exec(shim)?.[1];
    const direct = wasm.imports.filter(({ module, name, from }) => (from?.module ?? module) !== own && (from?.name ?? name) === plain);
    return direct.length === 1 ? direct : [];
  });
}

/** Emits `$guardImports`: while an import ran, the instance may have been lost; then its frames must not run on (I3). */
export function emitImportGuards({ wasm, edited, passesExceptions, unwind, heap }: ImportGuards): string {
  const unwinding = new Set(unwind && unwindingImports(wasm));
  const signals = signalsReinit(wasm);
  const modules = new Map<string, WasmImport[]>();
  for (const entry of wasm.imports) {
    const entries = modules.get(entry.module) ?? [];
    modules.set(entry.module, entries);
    entries.push(entry);
  }
  const lines = ['  function $guardImports($glue) {', '    return {', '      __proto__: null,'];
  const slots: string[] = [];
  let count = 0;
  for (const [module, entries] of modules) {
    const from = `$m${slots.length}`;
    slots.push(`    const ${from} = ${memberPath('$glue', module)};`);
    lines.push(`      ${propertyKey(module)}: {`, '        __proto__: null,');
    for (const entry of entries) {
      const raw = memberPath(from, entry.name);
      // The last one throws on what the guard of another import has just let through.
      if (entry.kind !== 'function' || HARMLESS.test(entry.name) || entry.name === RETHROW_CRITICAL) {
        lines.push(`        ${propertyKey(entry.name)}: ${raw},`);
        continue;
      }
      const slot = `$i${count++}`;
      slots.push(`    const ${slot} = ${raw};`);
      if (edited.returned.has(entry.name)) {
        lines.push(emitThrower(entry.name, entry.params.length, slot, edited.unwrapped.has(entry.name)));
        continue;
      }
      const onError = emitImportCatch(entry.name, edited.unwrapped.has(entry.name), unwinding.has(entry));
      const onReturn = PANICKED.test(entry.name) ? '\n          $host.panicked();' : '';
      // While it counts as running: it may call the program, which may enter the instance.
      const onCall = signals && SIGNAL.test(entry.name) ? ' if ($on.state.host.signalled()) $on.state.signalled = true;' : '';
      const held = heap ? ', heap[$result]' : '';
      lines.push(emitImportGuard(entry.name, entry.params.length, slot, onCall, onError, onReturn, held));
    }
    lines.push('      },');
  }
  lines.push('    };', '  }');
  lines.splice(1, 0, ...slots);
  const helpers = [
    edited.unwrapped.size > 0 ? emitWrap(passesExceptions) : '',
    unwinding.size > 0 && unwind ? emitUnwind(unwind.path, unwind.toRust) : '',
  ];
  return `${helpers.join('')}${lines.join('\n')}`;
}

function emitImportCatch(name: string, wrap: boolean, unwinds: boolean): string {
  // Rust is entered for it, from inside of the import.
  if (unwinds) return '{ try { throw $unwind($error, $on); } finally { $on.state.imports--; } }';
  return `{ $on.state.imports--; throw ${emitCrossed(wrap, throwsOnPurpose(name))}; }`;
}

function emitCrossed(wrap: boolean, deliberate: boolean): string {
  return `$crossed(${wrap ? '$wrap($error)' : '$error'}, $on${deliberate ? ', true' : ''})`;
}

/** The guard of an import that returns what it is to throw. */
function emitThrower(name: string, parameters: number, slot: string, wrap: boolean): string {
  const params = parameterList(parameters);
  return `        ${propertyKey(name)}(${params}) {
          const $on = $raw.binding ?? $unbound();
          $on.state.imports++;
          let $error;
          try { $error = ${slot}(${params}); } catch ($broken) { $error = $broken; }
          $on.state.imports--;
          throw ${emitCrossed(wrap, true)};
        },`;
}

/** Note: it begins without a helper, which would cost each call 2 ns once instances have been lost (measured). */
function emitImportGuard(
  name: string,
  parameters: number,
  slot: string,
  onCall: string,
  onError: string,
  onReturn: string,
  held: string,
): string {
  const params = parameterList(parameters);
  return `        ${propertyKey(name)}(${params}) {
          const $on = $raw.binding ?? $unbound();
          $on.state.imports++;
          let $result;
          try { $result = ${slot}(${params});${onCall} } catch ($error) ${onError}
          $on.state.imports--;${onReturn}
          return $raw.binding === $on ? $result : $returned($result, $on${held});
        },`;
}

function parameterList(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index}`).join(', ');
}
