import {
  type AbortCause,
  type BlackBox,
  describeThrown,
  framesIn,
  isAbort,
  isError,
  nameIn,
  saidCause,
  wasmLines,
} from '@wasm-revive/kernel';

export { isAbort };

/**
 * What the engines say when Wasm traps, as parts of their messages in lower case. V8: `src/common/message-template.h`;
 * SpiderMonkey: `js/src/js.msg`; JavaScriptCore: `Source/JavaScriptCore/wasm/WasmExceptionType.h`.
 *
 * Note: no regular expressions; the stack may be full (see `wasmFrames` in the kernel).
 */
const TRAPS: readonly (readonly [AbortCause, readonly string[]])[] = [
  ['unreachable', ['unreachable']],
  ['indirect-call', ['null function', 'signature mismatch', 'indirect call', 'call_indirect', 'table index is out of bounds']],
  ['arithmetic', ['by zero', 'unrepresentable', 'integer overflow', 'invalid conversion', 'out of bounds trunc']],
  ['out-of-bounds', ['memory access', 'index out of bounds', 'table access']],
  ['stack-overflow', ['stack overflow', 'call stack']],
];

/** What Rust's own last frames are called, as far as the module has names. The first cause that is found counts: they all end in an abort. */
const RUST_FRAMES: readonly (readonly [AbortCause, readonly string[]])[] = [
  ['out-of-memory', ['handle_alloc_error', 'rust_oom', 'rg_oom', 'alloc_error_handler']],
  ['panic-abort', ['rust_start_panic', 'rust_panic', 'begin_unwind', 'panicking', 'panic_fmt', 'core::panic']],
  ['abort', ['process::abort', 'process5abort', 'process::exit', 'process4exit', 'abort_internal', 'intrinsics::abort']],
];

/** Frames that are on the stack of everything that is called within `catch_unwind`. */
const CATCHING = ['catch_unwind', 'panicking::try', 'panicking3try', 'do_call'];

/** How many of the innermost frames must repeat before an access out of bounds is called a stack overflow. */
const RECURSION = 6;

/** Whether an error says that the stack is full, as engines do; a `RangeError` of the program's own doesn't. */
export function isStackExhausted(error: unknown): boolean {
  return isError(error) && saidCause(describeThrown(error)) === 'stack-overflow';
}

/**
 * Why an instance aborted.
 * @param blackBox what the crate wrote down. Causes that look alike to the engine (a panic under panic=abort, `process::abort`, out of
 *   memory) are told by the names of the frames; by the black box where the module has no names; as `unreachable` where it has neither.
 */
export function abortCause(error: Error, blackBox?: BlackBox): AbortCause {
  const lines = wasmLines(error);
  return causeOf(error, blackBox, lines.map(nameIn), () => isRecursion(lines));
}

/**
 * The same, where more is known of it.
 * @param names of the functions on the error's stack, innermost first
 * @param mayOverflow whether Rust's stack in linear memory may be what an access out of bounds was past the end of
 */
export function causeOf(error: Error, blackBox: BlackBox | undefined, names: Names, mayOverflow: () => boolean): AbortCause {
  const thrown = describeThrown(error);
  const said = saidCause(thrown);
  if (said !== undefined) return said;
  const trap = find(TRAPS, thrown.message.toLowerCase()) ?? 'unknown';
  switch (trap) {
    case 'unreachable':
      return unreachableCause(names, blackBox);
    case 'out-of-bounds':
      // Rust's stack in linear memory grows down to address 0: past it, an access is out of bounds.
      return mayOverflow() ? 'stack-overflow' : 'out-of-bounds';
    default:
      return trap;
  }
}

/** What the functions on a stack are called, innermost first; undefined where one has no name. */
export type Names = readonly (string | undefined)[];

function find(table: readonly (readonly [AbortCause, readonly string[]])[], text: string): AbortCause | undefined {
  for (const [cause, parts] of table) if (hasAny(text, parts)) return cause;
  return undefined;
}

/** Note: a loop, for a failure is rare, and functions that take functions are slow until an engine has seen much of them. */
function hasAny(text: string, parts: readonly string[]): boolean {
  for (const part of parts) if (text.includes(part)) return true;
  return false;
}

/**
 * Names come first: they tell what happened now. The black box may hold an allocation that failed, or a panic that was caught, long
 * before, and that Rust dealt with.
 */
function unreachableCause(names: Names, blackBox: BlackBox | undefined): AbortCause {
  if (hasNames(names)) {
    let ends = '';
    for (const name of names) {
      // Frames of what catches panics say nothing of how it ended.
      if (name !== undefined && !hasAny(name, CATCHING)) ends += `${name}\n`;
    }
    return find(RUST_FRAMES, ends) ?? 'unreachable';
  }
  if (blackBox?.failedAllocation !== undefined) return 'out-of-memory';
  if (blackBox?.panic !== undefined) return 'panic-abort';
  return 'unreachable';
}

/**
 * Whether the functions of Rust have names. The innermost one says so: further out there may be functions of wasm-bindgen's own
 * (`… externref shim`, `… catch wrapper`, `… multivalue shim`), which have names in a module whose others were stripped.
 */
export function hasNames([innermost]: Names): boolean {
  return innermost !== undefined;
}

/** Whether functions repeat as only those of a recursion do. @param lines of a stack, see `wasmLines` */
export function isRecursion(lines: readonly string[]): boolean {
  const counts = new Map<number | string, number>();
  for (const { index, function: name, offset } of framesIn(lines)) {
    // Deno calls every function the first one. A recursion is called from the same place.
    const key = name ?? offset ?? index;
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values()) >= RECURSION;
}
