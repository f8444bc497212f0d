import type { Frame } from './failure.js';

const MARK = 'wasm-function[';

/**
 * The Wasm frames in an error's stack, innermost first, as far as the engine tells them.
 *
 * Note: no regular expressions here. A stack may be full when a failure is told, and V8 ends the process when it has no room to
 * compile one (seen on Node 20 and 22: `RegExpCompiler Allocation failed`).
 */
export function wasmFrames(error: unknown): Frame[] {
  const stack = error instanceof Error ? error.stack : undefined;
  if (typeof stack !== 'string') return [];
  const frames: Frame[] = [];
  for (const line of stack.split('\n')) {
    // What follows was on the stack when this was scheduled, and isn't any more.
    if (isAsynchronous(line)) break;
    const frame = parseFrame(line.trim());
    if (frame !== undefined) frames.push(frame);
  }
  return frames;
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
 * SpiderMonkey: `app.wasm.name@http://host/app.wasm:wasm-function[133]:0x80a9`. JavaScriptCore: `name@wasm-function[133]`, `name@[wasm code]`.
 */
function parseFrame(line: string): Frame | undefined {
  const mark = line.indexOf(MARK);
  if (mark < 0) return line.endsWith('@[wasm code]') ? { function: line.slice(0, -'@[wasm code]'.length) } : undefined;
  const close = line.indexOf(']', mark);
  const index = Number(line.slice(mark + MARK.length, close));
  const offset = line.startsWith(':0x', close + 1) ? Number.parseInt(line.slice(close + 4), 16) : undefined;
  const name = functionName(line);
  // What Deno calls a function without a name.
  const named = name !== undefined && name !== '' && name !== '<anonymous>';
  return { ...(named && { function: name }), index, ...(offset !== undefined && { offset }) };
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
