/** The text by which the host looks at the values of JavaScript that Rust holds. */
import type { Glue } from '../read/glue.js';
import type { WasmInfo } from '../wasm/wasm-info.js';

/**
 * What Rust holds of JavaScript's values: in a table of references, or in the `heap` of glue that does without those.
 * @param from the place of the first in the `heap`, where it holds some from the beginning
 */
export function emitHeld(glue: Glue, wasm: WasmInfo, undo: boolean, from: number | undefined): string {
  const table = wasm.exports.find((entry) => entry.kind === 'table' && entry.element === 'externref');
  if (table !== undefined) return `($exports) => $exports[${JSON.stringify(table.name)}]`;
  if (!hasHeap(glue)) return '() => undefined';
  const replace =
    ', replace($from, $values, $next) { heap.length = $from; for (const $value of $values) heap.push($value); heap_next = $next; }';
  const members = 'get length() { return heap.length; }, get next() { return heap_next; }, get: ($place) => heap[$place]';
  return `() => ({ ${members}${from === undefined ? '' : `, from: ${from}`}${undo ? replace : ''} })`;
}

/** Whether values of JavaScript go to Rust by their place in an array. */
export function hasHeap(glue: Glue): boolean {
  return glue.statements.some(({ role, declares }) => role === 'scope' && declares.includes('heap'));
}
