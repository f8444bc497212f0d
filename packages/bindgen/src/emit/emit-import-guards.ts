/** The text of the guards of imports, one function each; see `emit-export-guards.ts`. */
import { PERSIST_EXPORT } from '@wasm-revive/kernel';
import { memberPath, propertyKey } from '../syntax/names.js';
import type { WasmImport, WasmInfo } from '../wasm/wasm-info.js';
import { RETHROW_CRITICAL } from './edit-throws.js';
import { emitConverted } from './emit-conversions.js';
import { FILL_TABLE } from './emit-held-values.js';
import { ownModule } from './emit-init.js';
import { parameterList } from './guard-parts.js';

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
export function mayPersist(wasm: WasmInfo): boolean {
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
  /** Where turns can be undone: see {@link quietImports}. */
  readonly quiet: ReadonlySet<string> | undefined;
  /** Whether Rust holds values of JavaScript in the state in which instances begin. */
  readonly holds: boolean;
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
export function emitImportGuards({ wasm, edited, passesExceptions, unwind, heap, quiet, holds }: ImportGuards): string {
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
        const refills = holds && entry.name === FILL_TABLE;
        lines.push(
          refills ? `        ${propertyKey(entry.name)}() { ${raw}(); $heldAgain(); },` : `        ${propertyKey(entry.name)}: ${raw},`,
        );
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
      const reaches = quiet === undefined || quiet.has(entry.name) ? '' : ' $turn.hasReached = true;';
      lines.push(emitImportGuard(entry, slot, reaches, onCall, onError, onReturn, held));
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
  { name, params: types, results }: WasmImport & { readonly kind: 'function' },
  slot: string,
  reaches: string,
  onCall: string,
  onError: string,
  onReturn: string,
  held: string,
): string {
  const params = parameterList(types.length);
  // Several results are an iterable, of which wasm-bindgen has none.
  const result = emitConverted(results.length === 1 ? results[0] : undefined, `${slot}(${params})`);
  return `        ${propertyKey(name)}(${params}) {
          const $on = $raw.binding ?? $unbound();
          $on.state.imports++;${reaches}
          let $result;
          try { $result = ${result};${onCall} } catch ($error) ${onError}
          $on.state.imports--;${onReturn}
          return $raw.binding === $on ? $result : $returned($result, $on${held});
        },`;
}
