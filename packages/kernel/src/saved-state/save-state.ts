import type { Held } from '../instance/held.js';
import type { Instance } from '../instance/instance.js';
import { NOT_UNDOABLE, notSaved } from '../instance/instance-errors.js';
import type { Closure } from '../instance/own-closures.js';
import { carry, type Given, type OwnValues } from './carried-values.js';
import { savedHandle } from './saved-handles.js';
import { encodeState } from './saved-state.js';

/** What goes along with a saved state. */
export interface SavedAlong {
  /**
   * Objects of JavaScript that Rust may hold and that can't be copied, such as a connection: who restores the state gives others by the same
   * names. Default: none.
   */
  readonly given?: Given | undefined;
  /** Objects of the module's classes that are to be there again, all of this instance. Default: none. */
  readonly handles?: readonly object[] | undefined;
}

/**
 * The state of an instance as bytes.
 * @param held the values of JavaScript that Rust holds
 * @param along what goes along
 * @throws ReviveError `REVIVE_NOT_SAVED` where something of it can't be carried to another process, or may come that would never come there
 */
export function saveState(instance: Instance, held: Held | undefined, { given = {}, handles = [] }: SavedAlong): Uint8Array<ArrayBuffer> {
  const { undo, module, promises, registrations, scope, turns } = instance;
  const { build } = module;
  if (undo === undefined || build === undefined) throw notSaved(module.name, NOT_UNDOABLE);
  if (!scope.isQuiescent() || turns?.areIdle === false) throw notSaved(module.name, 'a call of it is running');
  if (promises.size > 0)
    throw notSaved(module.name, `calls are in flight: ${promises.size} ${promises.size === 1 ? 'promise is' : 'promises are'} owed`);
  if (undo.isAwaited) throw notSaved(module.name, 'a task of it waits for a promise or a microtask');
  if (registrations.areAny) throw notSaved(module.name, 'the host has listeners or timers of it');
  const image = undo.takeImage();
  if (image === undefined) throw notSaved(module.name, 'its memory is damaged, or a global of it holds a reference');
  const heap = held?.next === undefined ? undefined : { next: held.next, from: promises.heldFrom };
  const { carried, left } = carry(
    heap === undefined ? image.references : behind(held as Held, promises.heldFrom),
    ownValues(instance, given),
  );
  if (left.length > 0)
    throw notSaved(module.name, `Rust holds ${left.length} of JavaScript's values that can't be saved: ${counted(left)}`);
  const pointers = handles.map((handle) => savedHandle(instance, handle));
  return encodeState({ image, values: { ...carried, ...heap, ...(pointers.length > 0 && { handles: pointers }) } }, build.id);
}

/** What of a `heap` is behind that with which the glue begins. Places that are free have the next free one. */
function behind(held: Held, from: number): unknown[] {
  return Array.from({ length: Math.max(0, held.length - from) }, (_, nth) => held.get(from + nth));
}

function ownValues({ exports, ownClosures, promises }: Instance, given: Given): OwnValues {
  const names = new Map<unknown, string>();
  for (const [name, value] of Object.entries(given)) if (!names.has(value)) names.set(value, name);
  return {
    given: (value) => names.get(value),
    closure(value) {
      const made = ownClosures.made(value);
      if (made === undefined) return undefined;
      // While nothing runs it is used once, by Rust, or no more.
      const { a, b } = made.state as { a: number; b: number };
      return { form: made.form, a, b, isExecutor: ownClosures.isExecutor(value as Closure) };
    },
    settledWith: (value) => promises.settledWith(value),
    isMemory: (buffer) => buffer === (exports?.memory as WebAssembly.Memory | undefined)?.buffer,
  };
}

/** `2 Promise, 1 function`. */
function counted(kinds: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
