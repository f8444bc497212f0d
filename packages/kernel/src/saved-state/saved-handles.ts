/** Objects of the module's classes that go along with a saved state: where in memory they point to, which is the same in a copy of it. */

import { spaceOf } from '../contract/handle.js';
import type { Instance } from '../instance/instance.js';
import { notSaved } from '../instance/instance-errors.js';
import { define } from '../program/intrinsics.js';
import type { Given } from './carried-values.js';

/** The addresses of a handle by the names of its pointers: `__wbg_ptr`, and one for each class where classes extend each other. */
export type SavedHandle = Readonly<Record<string, number>>;

/** A class of the module's. */
export type HandleClass = abstract new (...args: never[]) => object;

/** What is given to a state that is restored. */
export interface RestoredAlong {
  /** Objects of JavaScript that Rust holds in the state, by the names that they were saved by. Default: none. */
  readonly given?: Given | undefined;
  /** The classes of the handles that were saved with it, in the same order. Default: none. */
  readonly handles?: readonly HandleClass[] | undefined;
}

/** @throws ReviveError `REVIVE_NOT_SAVED` for what is no handle of the instance */
export function savedHandle({ base, module, scope, space }: Instance, handle: object): SavedHandle {
  const pointers = Object.entries(handle).filter(([name]) => name.startsWith('__wbg_ptr'));
  // Note: those of another module may be in a space of the same number.
  const isOwn = scope.isHandle?.(handle) !== false && pointers.every(([, pointer]) => spaceOf(pointer) === space);
  if (pointers.length === 0 || !isOwn)
    throw notSaved(module.name, 'of the handles that are to go along, one is none of this instance, or was freed');
  return Object.fromEntries(pointers.map(([name, pointer]) => [name, (pointer as number) - base]));
}

/**
 * The same objects in the instance that has begun with the state. Unlike those that Rust makes, they are freed by `free()` alone, and not when they are
 * collected.
 */
export function handlesOf({ base, undo }: Instance, saved: readonly SavedHandle[], classes: readonly HandleClass[]): object[] {
  return saved.map((addresses, nth) => {
    const handle = Object.create((classes[nth] as HandleClass).prototype) as object;
    const pointers = Object.entries(addresses).map(([name, address]): [string, number] => [name, base + address]);
    for (const [name, value] of pointers) define(handle, name, { value, writable: true, enumerable: true, configurable: true });
    undo?.unregistered.set(handle, pointers);
    return handle;
  });
}
