/** `new URL('app_bg.wasm', import.meta.url)`, in glue and in programs that give it to the init function: each has to lead to the file that goes with the protected glue. */
import type { Protection } from './protection.js';

/** As bundlers look for it. What stands in a comment or a text is found, too, and does no harm. */
const WASM_URL = /\bnew\s+URL\s*\(\s*(?:'([^'\n]+_bg\.wasm)'|"([^"\n]+_bg\.wasm)")\s*,\s*import\.meta\.url\s*,?\s*\)/g;

/** An expression that names a protected wasm file. */
export interface WasmUrl {
  readonly start: number;
  readonly end: number;
  /** The path of the file. */
  readonly wasm: string;
}

/** The URLs in a file that lead to protected wasm files. */
export function findWasmUrls(code: string, file: string, protection: Protection): WasmUrl[] {
  return [...code.matchAll(WASM_URL)].flatMap((match) => {
    const wasm = protection.wasmNamedBy(decoded(match[1] ?? match[2] ?? ''), file);
    return wasm === undefined ? [] : [{ start: match.index, end: match.index + match[0].length, wasm }];
  });
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
