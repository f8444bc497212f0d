/** What an interrupted run has written down for the next one, which finishes it: what was asked of it, and what there is to say of the result. */
import type { TransformedModule, TransformResult } from '../transform.js';

/** A run, as the next one finds it. */
export interface Run {
  /** A hash of what was asked of it. */
  readonly asked: string;
  readonly result: Pick<TransformResult, 'files' | 'modules' | 'warnings'>;
}

/** Whether a value, which may be anybody's, is what a run has written down. Its texts are shown to people: none holds what a terminal would heed. */
export function isRun(value: unknown): value is Run {
  if (!isRecord(value) || typeof value.asked !== 'string' || !isRecord(value.result)) return false;
  const { files, modules, warnings } = value.result;
  return [files, warnings].every((list) => Array.isArray(list) && list.every(isText)) && Array.isArray(modules) && modules.every(isModule);
}

function isModule(value: unknown): value is TransformedModule {
  if (!isRecord(value) || !isRecord(value.guards)) return false;
  const { name, file, target, wasmBindgen, exceptions, debugInfoLeftOut = '', guards } = value;
  return (
    [name, file, target, exceptions, debugInfoLeftOut, wasmBindgen ?? ''].every(isText) &&
    [guards.exports, guards.imports].every((count) => Number.isSafeInteger(count))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(value);
}
