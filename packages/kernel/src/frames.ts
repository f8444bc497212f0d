import type { Frame } from './failure.js';
import { freeze } from './intrinsics.js';
import { stackLines } from './read-stack.js';
import { LONGEST_NAME, shorten } from './text-limits.js';

const MARK = 'wasm-function[';

/** Where the program has told the engine to keep more (`Error.stackTraceLimit`), the outermost are left out. */
const MOST_FRAMES = 256;

/** Where JavaScriptCore says that a frame of Wasm is; `(native)` is what Bun calls it. */
const JSC_PLACES = ['@[wasm code]', ' ([wasm code])', ' (native)'];

/**
 * The Wasm frames in an error's stack, innermost first, as far as the engine tells them.
 *
 * Note: no regular expressions here. A stack may be full when a failure is told, and V8 ends the process when it has no room to
 * compile one (seen on Node 20 and 22: `RegExpCompiler Allocation failed`).
 */
export function wasmFrames(error: unknown): readonly Frame[] {
  const frames: Frame[] = [];
  let more = 0;
  for (const line of stackLines(error)) {
    // What follows was on the stack when this was scheduled, and isn't any more.
    if (isAsynchronous(line)) break;
    const frame = parseFrame(line.trim());
    if (frame === undefined) continue;
    if (frames.length < MOST_FRAMES) frames.push(frame);
    else more++;
  }
  // Deno (2.9) says 0 of every function (denoland/deno_core#1305). In what wasm-bindgen makes, function 0 is an import.
  const told: readonly Frame[] = frames.every(({ index }) => index === 0) ? frames.map(({ index: _, ...frame }) => frame) : frames;
  return frozen(more === 0 ? told : [...told, { function: `[${more} more frames left out]` }]);
}

/** None that an engine tells of. */
export const NO_FRAMES: readonly Frame[] = freeze([]);

/** Frames that nobody changes: many may read them. */
export function frozen(frames: readonly Frame[]): readonly Frame[] {
  for (const frame of frames) freeze(frame);
  return freeze(frames);
}

/** SpiderMonkey: `promise callback*run@…`, `setTimeout handler*run@…`, `async*run@…`. */
function isAsynchronous(line: string): boolean {
  const star = line.indexOf('*');
  if (star <= 0) return false;
  for (let i = 0; i < star; i++) {
    const char = line[i] ?? '';
    if (char !== ' ' && char.toLowerCase() === char.toUpperCase()) return false;
  }
  return true;
}

/**
 * V8: `at app.wasm.name (wasm://wasm/app.wasm-0004:wasm-function[133]:0x80a9)`, or without name and parentheses.
 * SpiderMonkey: `app.wasm.name@http://host/app.wasm:wasm-function[133]:0x80a9`.
 * JavaScriptCore: `app.wasm.wasm-function[name]@[wasm code]`, with the index where there is no name (`wasm/WasmIndexOrName.cpp`);
 * other versions `name@wasm-function[133]`. Bun: `at app.wasm.wasm-function[name] (native)`.
 */
function parseFrame(line: string): Frame | undefined {
  const mark = line.indexOf(MARK);
  // JavaScriptCore's own code at the boundary, `wasm-stub@[wasm code]`, is no function of the module.
  if (mark < 0) return undefined;
  const place = JSC_PLACES.find((place) => line.endsWith(place));
  if (place !== undefined) return nameOrIndex(line.slice(mark + MARK.length, line.lastIndexOf(']', line.length - place.length)));
  const close = line.indexOf(']', mark);
  const index = Number(line.slice(mark + MARK.length, close));
  const offset = line.startsWith(':0x', close + 1) ? Number.parseInt(line.slice(close + 4), 16) : undefined;
  const name = functionName(line);
  // What Deno calls a function without a name.
  const named = name !== undefined && name !== '' && name !== '<anonymous>';
  return { ...(named && { function: shorten(name, LONGEST_NAME) }), index, ...(offset !== undefined && { offset }) };
}

function nameOrIndex(text: string): Frame {
  const index = Number(text);
  return Number.isInteger(index) ? { index } : { function: shorten(text, LONGEST_NAME) };
}

function functionName(line: string): string | undefined {
  if (line.startsWith('at ')) {
    const paren = line.lastIndexOf(' (');
    if (paren < 0) return undefined;
    return withoutModule(line.slice(line.startsWith('at async ') ? 9 : 3, paren));
  }
  const at = line.lastIndexOf('@', line.indexOf(MARK));
  return at > 0 ? withoutModule(line.slice(0, at)) : undefined;
}

/** V8 and SpiderMonkey put the module's name before the function's. */
function withoutModule(name: string): string {
  const module = name.indexOf('.wasm.');
  return module < 0 ? name : name.slice(module + '.wasm.'.length);
}
