import type { Frame } from './failure.js';

// V8 and SpiderMonkey name the URL "wasm://…" or the file, then "wasm-function[index]:0xoffset".
const V8_NAMED = /at (?:async )?(.+?) \((?:.*):?wasm-function\[(\d+)\](?::0x([0-9a-f]+))?\)/;
const INDEXED = /wasm-function\[(\d+)\](?::0x([0-9a-f]+))?/;
// JavaScriptCore: "<name>@wasm-function[index]", or "name@[wasm code]".
const JSC = /^(.*?)@(?:\[wasm code\]|wasm-function\[(\d+)\])/;

/** The Wasm frames in an error's stack, innermost first, as far as the engine tells them. */
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

function parseFrame(line: string): Frame | undefined {
  const named = V8_NAMED.exec(line);
  if (named !== null) return frame(stripModule(named[1]), named[2], named[3]);
  const jsc = JSC.exec(line);
  if (jsc !== null && !line.includes('://')) return frame(jsc[1], jsc[2], undefined);
  const indexed = INDEXED.exec(line);
  if (indexed === null) return undefined;
  const at = line.indexOf('@');
  return frame(at > 0 ? line.slice(0, at) : undefined, indexed[1], indexed[2]);
}

function frame(name: string | undefined, index: string | undefined, offset: string | undefined): Frame {
  return {
    ...(name && { function: name }),
    ...(index !== undefined && { index: Number(index) }),
    ...(offset !== undefined && { offset: Number.parseInt(offset, 16) }),
  };
}

// V8 puts the module's name before the function's: "app.wasm.counter_new".
function stripModule(name: string | undefined): string | undefined {
  return name?.replace(/^[^\s]*\.wasm\./, '');
}
