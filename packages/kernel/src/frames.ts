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
    const frame = parseFrame(line.trim());
    if (frame !== undefined) frames.push(frame);
  }
  return frames;
}

/**
 * V8: `at app.wasm.name (wasm://wasm/app.wasm-0004:wasm-function[133]:0x80a9)`, or without name and parentheses.
 * SpiderMonkey: `name@http://host/app.wasm:wasm-function[133]:0x80a9`. JavaScriptCore: `name@wasm-function[133]`, `name@[wasm code]`.
 */
function parseFrame(line: string): Frame | undefined {
  const mark = line.indexOf(MARK);
  if (mark < 0) return line.endsWith('@[wasm code]') ? { function: line.slice(0, -'@[wasm code]'.length) } : undefined;
  const close = line.indexOf(']', mark);
  const index = Number(line.slice(mark + MARK.length, close));
  const offset = line.startsWith(':0x', close + 1) ? Number.parseInt(line.slice(close + 4), 16) : undefined;
  const name = functionName(line);
  return { ...(name && { function: name }), index, ...(offset !== undefined && { offset }) };
}

function functionName(line: string): string | undefined {
  if (line.startsWith('at ')) {
    const paren = line.lastIndexOf(' (');
    if (paren < 0) return undefined;
    const name = line.slice(line.startsWith('at async ') ? 9 : 3, paren);
    // V8 puts the module's name before the function's.
    const module = name.indexOf('.wasm.');
    return module < 0 ? name : name.slice(module + '.wasm.'.length);
  }
  const at = line.lastIndexOf('@', line.indexOf(MARK));
  return at > 0 ? line.slice(0, at) : undefined;
}
