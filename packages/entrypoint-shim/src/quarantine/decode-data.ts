import { fromBase64 } from './base64.js';

type Tagged = Readonly<Record<string, unknown>> & { readonly $: unknown };

/**
 * The arguments of a call, from what a capsule has of them ({@link Capsule.args}).
 * @throws TypeError where they are anything else, or hold a kind of data that this engine doesn't have
 */
export function decodeArguments(encoded: unknown): unknown[] {
  if (!Array.isArray(encoded)) throw unknown(encoded);
  return array(encoded);
}

function decode(encoded: unknown): unknown {
  if (typeof encoded !== 'object' || encoded === null) return encoded;
  if (Array.isArray(encoded)) return array(encoded);
  return Object.hasOwn(encoded, '$') ? tagged(encoded as Tagged) : object({}, Object.entries(encoded));
}

function array(items: readonly unknown[]): unknown[] {
  const made: unknown[] = [];
  for (const item of items) {
    if (isTagged(item) && item.$ === 'holes') made.length += wholeNumber(item.count);
    else made.push(decode(item));
  }
  return made;
}

function isTagged(value: unknown): value is Tagged {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '$');
}

/** Note: an assignment of `__proto__` would be none. */
function object<T extends object>(made: T, entries: readonly unknown[]): T {
  for (const entry of entries) {
    const [key, value] = pair(entry);
    if (typeof key !== 'string') throw unknown(entry);
    Object.defineProperty(made, key, { value: decode(value), writable: true, enumerable: true, configurable: true });
  }
  return made;
}

function tagged(encoded: Tagged): unknown {
  const { $: kind, value } = encoded;
  switch (kind) {
    case 'undefined':
      return undefined;
    case 'number':
      if (value === 'NaN' || value === '-0' || value === 'Infinity' || value === '-Infinity') return Number(value);
      throw unknown(encoded);
    case 'bigint':
      if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
      throw unknown(encoded);
    case 'Date':
      if (value === null || typeof value === 'number') return new Date(value ?? Number.NaN);
      throw unknown(encoded);
    case 'Map':
      return new Map(list(encoded.entries).map((entry) => pair(entry).map(decode) as [unknown, unknown]));
    case 'Set':
      return new Set(list(encoded.values).map(decode));
    case 'object':
      return object({}, list(encoded.entries));
    case 'bare':
      return object(Object.create(null) as object, list(encoded.entries));
    default:
      return bytes(encoded);
  }
}

function bytes(encoded: Tagged): unknown {
  const { $: kind, base64 } = encoded;
  if (typeof kind !== 'string' || typeof base64 !== 'string') throw unknown(encoded);
  const { buffer } = fromBase64(base64);
  if (kind === 'ArrayBuffer') return buffer;
  if (kind === 'DataView') return new DataView(buffer);
  const Kind = /^(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array$/.test(kind) && (Reflect.get(globalThis, kind) as unknown);
  if (typeof Kind !== 'function') throw unknown(encoded);
  return Reflect.construct(Kind, [buffer]);
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unknown(value);
  return value;
}

function pair(value: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) throw unknown(value);
  return value as [unknown, unknown];
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw unknown(value);
  return value as number;
}

function unknown(encoded: unknown): TypeError {
  const text = JSON.stringify(encoded) ?? String(encoded);
  return new TypeError(`No arguments of a crash capsule are written as ${text.length > 100 ? `${text.slice(0, 100)}…` : text}.`);
}
