/**
 * What engines do to a value of JavaScript when it becomes one of Wasm, done before the guards look at the instance. An object is converted by functions
 * of the program's (`valueOf`, `toString`, `Symbol.toPrimitive`), which may call the module and cost the instance: behind the guard's look, the engine
 * would go on into the instance that is lost (I3). What it finds then is a number or a BigInt, which it takes without running anything.
 */
import type { WasmInfo } from '../wasm/wasm-info.js';

/** A value as Wasm takes it for this type: with the same errors as the engine's, the same number of times, in the same order. */
export function emitConverted(type: string | undefined, value: string): string {
  switch (type) {
    case 'i32':
    case 'f32':
    case 'f64':
      return `+${value}`;
    case 'i64':
      return `$toBigInt(${value})`;
    default:
      return value;
  }
}

/** The parameters of a guard, `$0, $1, …`, each converted in its place. */
export function emitConversions(params: readonly string[]): string {
  const converted = params.map((type, index) => [`$${index}`, emitConverted(type, `$${index}`)] as const);
  return converted.flatMap(([param, value]) => (param === value ? [] : [`${param}=${value};`])).join('');
}

/** Emitted where something is converted to a 64-bit integer. `BigInt(value)` would take numbers, too, which engines don't. */
const TO_BIG_INT = `  function $toBigInt(value) {
    return typeof value === 'bigint' ? value : globalThis.BigInt.asIntN(64, value);
  }
`;

/** What the guards of a module convert by. */
export function emitConverters({ imports, exports }: WasmInfo): string {
  const takesBigInt = exports.some((entry) => entry.kind === 'function' && entry.params.includes('i64'));
  const givesBigInt = imports.some((entry) => entry.kind === 'function' && entry.results.includes('i64'));
  return takesBigInt || givesBigInt ? TO_BIG_INT : '';
}
