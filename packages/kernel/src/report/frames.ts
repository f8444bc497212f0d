import type { Frame } from '../failure/failure.js';
import { freeze } from '../program/intrinsics.js';
import { stackText } from './read-stack.js';
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
  return framesIn(wasmLines(error));
}

/** The lines of these frames. To read the stack takes away what the error holds of the instance; to make frames of the lines can wait. */
export function wasmLines(error: unknown): readonly string[] {
  const text = synchronous(stackText(error));
  const lines: string[] = [];
  // JavaScriptCore's own code at the boundary, `wasm-stub@[wasm code]`, is no function of the module.
  for (let at = text.indexOf(MARK); at >= 0; ) {
    const end = text.indexOf('\n', at);
    lines.push(text.slice(text.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end).trim());
    at = end < 0 ? end : text.indexOf(MARK, end);
  }
  return lines;
}

/** A stack without what was on it when this was scheduled, and isn't any more. */
function synchronous(text: string): string {
  if (!text.includes('*')) return text;
  const lines = text.split('\n');
  const first = lines.findIndex(isAsynchronous);
  return first < 0 ? text : lines.slice(0, first).join('\n');
}

/** What {@link wasmLines} has found, as frames. */
export function framesIn(lines: readonly string[]): readonly Frame[] {
  const frames: Frame[] = lines.slice(0, MOST_FRAMES).map(parseFrame);
  const more = lines.length - frames.length;
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
function parseFrame(line: string): Frame {
  const mark = line.indexOf(MARK);
  const close = line.indexOf(']', mark);
  const index = Number(ofJsc(line, mark) ?? line.slice(mark + MARK.length, close));
  const name = nameIn(line);
  return {
    ...(name !== undefined && { function: name }),
    ...(Number.isInteger(index) && { index }),
    ...(line.startsWith(':0x', close + 1) && { offset: Number.parseInt(line.slice(close + 4), 16) }),
  };
}

/** The name of the function in one of {@link wasmLines}, as its frame has it; undefined where it has none. */
export function nameIn(line: string): string | undefined {
  const jsc = ofJsc(line, line.indexOf(MARK));
  if (jsc === undefined) return functionName(line);
  return Number.isInteger(Number(jsc)) ? undefined : shorten(jsc, LONGEST_NAME);
}

/** The name or the index that JavaScriptCore tells; undefined where it is another engine. */
function ofJsc(line: string, mark: number): string | undefined {
  for (const place of JSC_PLACES) {
    if (line.endsWith(place)) return line.slice(mark + MARK.length, line.lastIndexOf(']', line.length - place.length));
  }
  return undefined;
}

function functionName(line: string): string | undefined {
  const name = nameBefore(line);
  // What Deno calls a function without a name.
  return name === undefined || name === '' || name === '<anonymous>' ? undefined : shorten(name, LONGEST_NAME);
}

function nameBefore(line: string): string | undefined {
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
