/** What guards of all kinds are put together from. */
import { CHUNK, recordPath } from './emit-record.js';

/** The name of the guard of an export, by its place in the list of guards. */
export function guardName(index: number): string {
  return `$g${index}`;
}

/** Where a guard finds the export that it enters. */
export function exportPath(index: number, count: number): string {
  return recordPath(index, count, `e${count <= CHUNK ? index : index % CHUNK}`);
}

/**
 * What a guard does when it catches something: it shuts the scope with plain stores, for it may have no stack left to call anybody, and
 * whoever it can call opens it again. The stores stand among the arguments of that call, which are there before it is made.
 *
 * Note: short, or V8 inlines fewer guards (its budget is 920 bytes of bytecode a function), and big modules have thousands of them.
 */
export function emitCatch(entry: number | string): string {
  return `catch($e){return $caught($e,${entry},$on,$raw.binding,$raw.api=$raw.binding=undefined,($on??$raw).state.trap??=$e);}`;
}

export function parameterList(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index}`).join(',');
}
