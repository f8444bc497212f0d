import { dirname, relative, sep } from 'node:path';

/**
 * For bundlers that look for `new URL(…, import.meta.url)` themselves: the same, with the other file's path. Note: they take it for a path as it stands, and
 * find no file where a space is written as `%20`.
 */
export function relativeUrl(wasm: string, file: string): string {
  const path = relative(dirname(file), wasm).split(sep).join('/');
  return `new URL(${JSON.stringify(path.startsWith('..') ? path : `./${path}`)}, import.meta.url)`;
}
