/**
 * What each engine says of each trap, as it was seen, and the cause that is told: one row a trap, one column an engine. A message that
 * changes with an engine's version fails here first.
 *
 * Where they come from: V8 `src/common/message-template.h`; SpiderMonkey `js/src/js.msg`, by `js/src/wasm/WasmBuiltins.cpp`; JavaScriptCore
 * `Source/JavaScriptCore/wasm/WasmExceptionType.h`, with ` (evaluating '…')` after it.
 */
import type { AbortCause } from '@wasm-revive/kernel';
import type { Engine } from './engines.ts';

/** One trap. */
export interface Trap {
  readonly name: string;
  /** What the function does, without its `end`. */
  readonly body: readonly number[];
  /** Several where an engine's versions differ, the newest first. */
  readonly says: Readonly<Record<Engine, string | readonly string[]>>;
  /** One for all engines, or for each its own, where one says the same of two. */
  readonly cause: AbortCause | Readonly<Record<Engine, AbortCause>>;
}

// Instructions.
const [UNREACHABLE, CALL, CALL_INDIRECT, DROP, TABLE_GET, TABLE_SET, I32_LOAD, I32_STORE] = [
  0x00, 0x10, 0x11, 0x1a, 0x25, 0x26, 0x28, 0x36,
];
const [I32_DIV_S, I32_REM_U, I64_DIV_U, I32_TRUNC_F32_S, REF_NULL_FUNC] = [0x6d, 0x70, 0x80, 0xa8, [0xd0, 0x70]] as const;
const BULK = 0xfc;
const [MEMORY_INIT, MEMORY_COPY, MEMORY_FILL, TABLE_INIT, TABLE_COPY, TABLE_FILL] = [0x08, 0x0a, 0x0b, 0x0c, 0x0e, 0x11];

/** `i32.const` of a number from -64 to 63. */
const i32 = (value: number): readonly number[] => [0x41, value & 0x7f];
const i64 = (value: number): readonly number[] => [0x42, value & 0x7f];
const I32_MIN: readonly number[] = [0x41, 0x80, 0x80, 0x80, 0x80, 0x78];
const NAN: readonly number[] = [0x43, 0x00, 0x00, 0xc0, 0x7f];
const INFINITE: readonly number[] = [0x43, 0x00, 0x00, 0x80, 0x7f];

/** The entries of the module's table: nothing, a function of another type, and then the end. */
const [NOTHING, OF_ANOTHER_TYPE, PAST_THE_END] = [i32(0), i32(1), i32(50)];

const MEMORY = { v8: 'memory access out of bounds', spiderMonkey: 'index out of bounds', javaScriptCore: 'Out of bounds memory access' };
const TABLE = {
  v8: 'table index is out of bounds',
  spiderMonkey: 'table index out of bounds',
  javaScriptCore: 'Out of bounds table access',
};
const TABLE_BULK = { ...TABLE, spiderMonkey: 'index out of bounds' };
const BY_ZERO = { v8: 'divide by zero', spiderMonkey: 'integer divide by zero', javaScriptCore: 'Division by zero' };
const FULL = {
  v8: 'Maximum call stack size exceeded',
  spiderMonkey: 'too much recursion',
  javaScriptCore: 'Maximum call stack size exceeded.',
};

/** Of older versions of V8, one for both. */
const NULL_OR_MISMATCH = 'null function or function signature mismatch';

/** V8 says the same of `call_indirect`, which Rust has; only glue has the others. */
const TABLE_CAUSE = { v8: 'indirect-call', spiderMonkey: 'out-of-bounds', javaScriptCore: 'out-of-bounds' } as const;

/** Every trap but those of instructions that neither Rust nor wasm-bindgen has a use for: GC types, atomics. */
export const TRAPS: readonly Trap[] = [
  {
    name: 'unreachable',
    body: [UNREACHABLE],
    says: {
      v8: 'unreachable',
      spiderMonkey: 'unreachable executed',
      javaScriptCore: 'Unreachable code should not be executed',
    },
    cause: 'unreachable',
  },
  { name: 'load past the end', body: [...i32(-1), I32_LOAD, 2, 0, DROP], says: MEMORY, cause: 'out-of-bounds' },
  { name: 'store past the end', body: [...i32(-1), ...i32(0), I32_STORE, 2, 0], says: MEMORY, cause: 'out-of-bounds' },
  { name: 'memory.copy', body: [...i32(-1), ...i32(0), ...i32(1), BULK, MEMORY_COPY, 0, 0], says: MEMORY, cause: 'out-of-bounds' },
  { name: 'memory.fill', body: [...i32(-1), ...i32(0), ...i32(1), BULK, MEMORY_FILL, 0], says: MEMORY, cause: 'out-of-bounds' },
  { name: 'memory.init', body: [...i32(-1), ...i32(0), ...i32(1), BULK, MEMORY_INIT, 0, 0], says: MEMORY, cause: 'out-of-bounds' },
  { name: 'division by zero', body: [...i32(1), ...i32(0), I32_DIV_S, DROP], says: BY_ZERO, cause: 'arithmetic' },
  { name: 'division of 64 bits by zero', body: [...i64(1), ...i64(0), I64_DIV_U, DROP], says: BY_ZERO, cause: 'arithmetic' },
  {
    name: 'remainder by zero',
    body: [...i32(1), ...i32(0), I32_REM_U, DROP],
    says: { ...BY_ZERO, v8: 'remainder by zero' },
    cause: 'arithmetic',
  },
  {
    name: 'division that overflows',
    body: [...I32_MIN, ...i32(-1), I32_DIV_S, DROP],
    says: { v8: 'divide result unrepresentable', spiderMonkey: 'integer overflow', javaScriptCore: 'Integer overflow' },
    cause: 'arithmetic',
  },
  {
    name: 'conversion of not a number',
    body: [...NAN, I32_TRUNC_F32_S, DROP],
    says: {
      v8: 'float unrepresentable in integer range',
      spiderMonkey: 'invalid conversion to integer',
      javaScriptCore: 'Out of bounds Trunc operation',
    },
    cause: 'arithmetic',
  },
  {
    name: 'conversion that overflows',
    body: [...INFINITE, I32_TRUNC_F32_S, DROP],
    says: {
      v8: 'float unrepresentable in integer range',
      spiderMonkey: 'integer overflow',
      javaScriptCore: 'Out of bounds Trunc operation',
    },
    cause: 'arithmetic',
  },
  {
    name: 'call_indirect of nothing',
    body: [...NOTHING, CALL_INDIRECT, 0, 0],
    says: {
      v8: ['null function', 'function signature mismatch', NULL_OR_MISMATCH],
      spiderMonkey: 'indirect call to null',
      javaScriptCore: ['call_indirect to a signature that does not match', 'call_indirect to a null table entry'],
    },
    cause: 'indirect-call',
  },
  {
    name: 'call_indirect of another type',
    body: [...OF_ANOTHER_TYPE, CALL_INDIRECT, 0, 0],
    says: {
      v8: ['function signature mismatch', NULL_OR_MISMATCH],
      spiderMonkey: 'indirect call signature mismatch',
      javaScriptCore: 'call_indirect to a signature that does not match',
    },
    cause: 'indirect-call',
  },
  {
    name: 'call_indirect past the end',
    body: [...PAST_THE_END, CALL_INDIRECT, 0, 0],
    says: { ...TABLE, spiderMonkey: 'index out of bounds', javaScriptCore: 'Out of bounds call_indirect' },
    cause: { v8: 'indirect-call', spiderMonkey: 'out-of-bounds', javaScriptCore: 'indirect-call' },
  },
  { name: 'table.get', body: [...PAST_THE_END, TABLE_GET, 0, DROP], says: TABLE, cause: TABLE_CAUSE },
  { name: 'table.set', body: [...PAST_THE_END, ...REF_NULL_FUNC, TABLE_SET, 0], says: TABLE, cause: TABLE_CAUSE },
  {
    name: 'table.fill',
    body: [...PAST_THE_END, ...REF_NULL_FUNC, ...i32(1), BULK, TABLE_FILL, 0],
    says: TABLE_BULK,
    cause: TABLE_CAUSE,
  },
  {
    name: 'table.copy',
    body: [...PAST_THE_END, ...i32(0), ...i32(1), BULK, TABLE_COPY, 0, 0],
    says: TABLE_BULK,
    cause: TABLE_CAUSE,
  },
  {
    name: 'table.init',
    body: [...PAST_THE_END, ...i32(0), ...i32(1), BULK, TABLE_INIT, 1, 0],
    says: TABLE_BULK,
    cause: TABLE_CAUSE,
  },
  // Functions count from 1 here: 0 is the import.
  { name: 'recursion of Wasm', body: [CALL, 21], says: FULL, cause: 'stack-overflow' },
  { name: 'recursion of JavaScript that Wasm calls', body: [CALL, 0], says: FULL, cause: 'stack-overflow' },
];

/** Asks for more memory than there may be, which is no trap: `i32.const 50; memory.grow; drop`. */
const GROW: readonly number[] = [...i32(50), 0x40, 0, DROP];

/** Exported beside the traps. */
export const NO_TRAP = 'memory.grow that is refused';

/** Whether Wasm's `catch_all` sees it, by what was raised and how it comes to the frame that would catch. */
export const CATCHABLE: Readonly<Record<string, Readonly<Record<Engine, boolean>>>> = {
  'a trap': { v8: false, spiderMonkey: false, javaScriptCore: false },
  'a trap that JavaScript throws on': { v8: false, spiderMonkey: false, javaScriptCore: false },
  'an exhausted stack of Wasm': { v8: false, spiderMonkey: true, javaScriptCore: false },
  'an exhausted stack of Wasm that JavaScript throws on': { v8: false, spiderMonkey: true, javaScriptCore: false },
  'an exhausted stack of JavaScript': { v8: false, spiderMonkey: true, javaScriptCore: false },
  'a RuntimeError that JavaScript made': { v8: true, spiderMonkey: true, javaScriptCore: true },
};

/** A module that imports `js.run` and exports `caught`, which gives 1 where the call of it ends in something that `catch_all` sees. */
export function catchModule(): WebAssembly.Module {
  const [noResult, oneResult, type] = [0, 1, 0x7f];
  const [TRY, CATCH_ALL, END] = [0x06, 0x19, 0x0b];
  const body = [0, TRY, type, CALL, 0, ...i32(0), CATCH_ALL, ...i32(1), END, END];
  return new WebAssembly.Module(
    new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, [2, 0x60, 0, 0, 0x60, 0, 1, type]),
      ...section(2, [1, ...text('js'), ...text('run'), 0, noResult]),
      ...section(3, [1, oneResult]),
      ...section(7, [1, ...text('caught'), 0, 1]),
      ...section(10, [1, ...leb(body.length), ...body]),
    ]),
  );
}

/** A module that exports a function for each trap, by its name, and {@link NO_TRAP}; it imports `js.recurse`. */
export function trapModule(): WebAssembly.Module {
  const functions = [...TRAPS.map(({ name, body }) => ({ name, body })), { name: NO_TRAP, body: GROW }];
  const count = functions.length;
  const ofAnotherType = count + 1;
  const [funcref, noParameters, oneParameter] = [0x70, 0, 1];
  return new WebAssembly.Module(
    new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 0]),
      ...section(2, [1, ...text('js'), ...text('recurse'), 0, noParameters]),
      ...section(3, [count + 1, ...functions.map(() => noParameters), oneParameter]),
      ...section(4, [1, funcref, 0, 2]),
      ...section(5, [1, 1, 1, 2]),
      ...section(7, [count, ...functions.flatMap(({ name }, index) => [...text(name), 0, index + 1])]),
      // One that fills entry 1 of the table, one that waits for `table.init`.
      ...section(9, [2, 0, ...i32(1), 0x0b, 1, ofAnotherType, 1, 0, 1, ofAnotherType]),
      ...section(12, [1]),
      ...section(10, [count + 1, ...functions.flatMap(({ body }) => [...leb(body.length + 2), 0, ...body, 0x0b]), 2, 0, 0x0b]),
      ...section(11, [1, 1, 1, 0]),
    ]),
  );
}

function section(id: number, bytes: readonly number[]): number[] {
  return [id, ...leb(bytes.length), ...bytes];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...leb(bytes.length), ...bytes];
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >> 7)];
}
