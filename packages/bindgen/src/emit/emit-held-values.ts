/**
 * The values of JavaScript that Rust holds in the state in which each instance begins (`prewarm`), as code that makes them: what `prepareValues` of the
 * kernel does of a saved state. So a runtime that undoes nothing needs nothing more for it.
 */
import type { CarriedValue, MadeValue } from '@wasm-revive/kernel';
import type { Glue } from '../read/glue.js';
import type { HeldValues, Prewarmed, WasmInfo } from '../wasm/wasm-info.js';
import { closureMakers } from './emit-undo.js';

/** The import by which glue fills its table, first of all in an instance that starts. */
export const FILL_TABLE = '__wbindgen_init_externref_table';

/** Whether the values are put in place behind {@link FILL_TABLE}; else as soon as the scope has its instance. */
export function areFilledIn(wasm: WasmInfo): boolean {
  return wasm.imports.some(({ name }) => name === FILL_TABLE);
}

/**
 * Emits `$heldAgain`, which puts the values in place. What they need of the host is looked for when the scope is made: without it, no instance is.
 * @param undo whether turns can be undone
 */
export function emitHeldValues(glue: Glue, wasm: WasmInfo, { held, references }: Prewarmed, undo: boolean): string {
  if (held === undefined) return '';
  const globals = held.objects.filter((made) => made[0] === 'global');
  const makers = closureMakers(glue, undo);
  const steps = [
    ...held.objects.map((made, nth) => assigned(nth, emitObject(made, { globals, makers, undo }))),
    // These need others.
    ...held.objects.map((made, nth) => assigned(nth, emitView(made))),
    ...held.objects.flatMap(emitContent),
    ...emitPlacing(wasm, held, references),
  ].filter((step) => step !== '');
  return `  // What Rust holds of JavaScript's values when an instance begins.
  const $heldAgain = (() => {
${globals.length === 0 ? '' : emitGlobals(globals)}    const $put = ($object, $name, value) =>
      globalThis.Object.defineProperty($object, $name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    let $isDone = false;
    return () => {
      if ($isDone) return;
      $isDone = true;
      const $o = [];
${steps.map((step) => `      ${step}\n`).join('')}    };
  })();
`;
}

type GlobalObject = Extract<MadeValue, readonly ['global', ...unknown[]]>;

function emitGlobals(globals: readonly GlobalObject[]): string {
  return `    const $globals = ${JSON.stringify(globals.map(([, path, type]) => [type, ...path]))}.map(([$type, ...$path]) => {
      let $value = globalThis;
      for (const $name of $path) $value = $value?.[$name];
      if ($value !== null && typeof $value === $type) return $value;
      throw new globalThis.ReferenceError(\`Rust holds \${['globalThis', ...$path].join('.')} since its start function has run, when the package was made; this host has none\`);
    });
`;
}

/** What an object is made with. */
interface Makers {
  readonly globals: readonly GlobalObject[];
  /** The closures of each form, of the addresses that they have in memory. */
  readonly makers: readonly ((a: string, b: string) => string)[];
  readonly undo: boolean;
}

function assigned(nth: number, text: string): string {
  return text === '' ? '' : `$o[${nth}] = ${text};`;
}

/** An object, still without what is in it; empty for one that needs others. */
function emitObject(made: MadeValue, { globals, makers, undo }: Makers): string {
  switch (made[0]) {
    case 'global':
      return `$globals[${globals.indexOf(made)}]`;
    case 'symbol':
      return `globalThis.Symbol.for(${JSON.stringify(made[1])})`;
    case 'array':
      return `new globalThis.Array(${made[1]})`;
    case 'object':
      return made[1] ? '{}' : '{ __proto__: null }';
    case 'map':
      return 'new globalThis.Map()';
    case 'set':
      return 'new globalThis.Set()';
    case 'date':
      return `new globalThis.Date(${emitValue(made[1])})`;
    case 'regexp': {
      const [, source, flags, lastIndex] = made;
      return `globalThis.Object.assign(new globalThis.RegExp(${JSON.stringify(source)}, ${JSON.stringify(flags)}), { lastIndex: ${JSON.stringify(lastIndex)} })`;
    }
    case 'buffer':
      return `globalThis.Uint8Array.from(globalThis.atob(${JSON.stringify(made[1])}), ($char) => $char.charCodeAt(0)).buffer`;
    case 'closure': {
      const { form, a, b, isExecutor } = made[1];
      const closure = makers[form]?.(String(a), String(b)) ?? 'undefined';
      // The host knows the executor of futures by what Rust does before it makes it.
      return isExecutor ? `($host.readQueueMicrotask(), $host.resolvedPromise(), ${closure})` : closure;
    }
    case 'promise': {
      const value = emitValue(made[1]);
      return `$host.resolvedPromise(globalThis.Promise.resolve(${value})${undo ? `, ${value}` : ''})`;
    }
    default:
      return '';
  }
}

function emitView(made: MadeValue): string {
  if (made[0] !== 'view') return '';
  const [, type, buffer, offset, length] = made;
  return `new globalThis.${type}(${emitValue(buffer)}, ${offset}, ${length})`;
}

function emitContent(made: MadeValue, nth: number): string[] {
  switch (made[0]) {
    case 'array':
    case 'object':
      return made[2].map(([name, value]) => `$put($o[${nth}], ${JSON.stringify(name)}, ${emitValue(value)});`);
    case 'map':
      return made[1].map(([key, value]) => `$o[${nth}].set(${emitValue(key)}, ${emitValue(value)});`);
    case 'set':
      return made[1].map((value) => `$o[${nth}].add(${emitValue(value)});`);
    default:
      return [];
  }
}

function emitValue(value: CarriedValue): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const [kind, what] = value as Exclude<CarriedValue, null | boolean | number | string>;
  switch (kind) {
    case 'undefined':
      return 'undefined';
    case 'bigint':
      return `${what}n`;
    case 'number':
      return what === '-0' ? '-0' : `globalThis.Number(${JSON.stringify(what)})`;
    default:
      return `$o[${what}]`;
  }
}

function emitPlacing(wasm: WasmInfo, { length, values, next, from }: HeldValues, references: number): string[] {
  if (next !== undefined) {
    const all = Array.from({ length }, () => 'null');
    for (const [place, value] of values) all[place] = emitValue(value);
    return [`heap.length = ${from};`, `heap.push(${all.join(', ')});`, `heap_next = ${next};`];
  }
  const table = wasm.exports.find((entry) => entry.kind === 'table' && entry.element === 'externref');
  return [
    `const $table = wasm[${JSON.stringify(table?.name)}];`,
    `$table.grow(globalThis.Math.max(0, ${references} - $table.length), null);`,
    ...values.map(([place, value]) => `$table.set(${place}, ${emitValue(value)});`),
  ];
}
