import { dirname, relative, sep } from 'node:path';

/** For bundlers that look for `new URL(…, import.meta.url)` themselves: the same, with the other file's path. */
export function relativeUrl(wasm: string, file: string): string {
  const path = relative(dirname(file), wasm).split(sep).map(encodeURIComponent).join('/');
  return `new URL(${JSON.stringify(path.startsWith('..') ? path : `./${path}`)}, import.meta.url)`;
}
