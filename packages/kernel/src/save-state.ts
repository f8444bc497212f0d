import { ReviveError } from './errors.js';
import type { Held } from './held.js';
import type { Instance } from './instance.js';
import { encodeState, isCarried } from './saved-state.js';
import { describeThrown } from './thrown.js';

/**
 * The state of an instance as bytes.
 * @param held the values of JavaScript that Rust holds
 * @throws ReviveError `REVIVE_NOT_SAVED` where something of it can't be carried to another process, or may come that would never come there
 */
export function saveState(instance: Instance, held: Held | undefined): Uint8Array<ArrayBuffer> {
  const { undo, module, promises, registrations, scope, turns } = instance;
  const { build } = module;
  if (undo === undefined || build === undefined) throw refused(module.name, 'it was not transformed with `--recovery rollback`');
  if (!scope.isQuiescent() || turns?.areIdle === false) throw refused(module.name, 'a call of it is running');
  if (promises.size > 0)
    throw refused(module.name, `calls are in flight: ${promises.size} ${promises.size === 1 ? 'promise is' : 'promises are'} owed`);
  if (undo.isAwaited) throw refused(module.name, 'a task of it waits for a promise or a microtask');
  if (registrations.areAny) throw refused(module.name, 'the host has listeners or timers of it');
  const image = undo.takeImage();
  if (image === undefined) throw refused(module.name, 'its memory is damaged, or a global of it holds a reference');
  const values = held?.next === undefined ? image.references.filter((value) => !isCarried(value)) : liveOf(held, promises.heldFrom);
  if (values.length > 0)
    throw refused(module.name, `Rust holds ${values.length} of JavaScript's values that can't be saved: ${kindsOf(values)}`);
  return encodeState(image, build.id);
}

/** What of a `heap` is in use. @param from behind what the glue begins with */
function liveOf(held: Held, from: number): unknown[] {
  const { length } = held;
  const free = new Set<number>();
  for (let place = held.next as number; place < length && !free.has(place); place = held.get(place) as number) free.add(place);
  const places = Array.from({ length: Math.max(0, length - from) }, (_, nth) => nth + from);
  return places.filter((place) => !free.has(place)).map((place) => held.get(place));
}

/** `2 Promise, 1 function`. */
function kindsOf(values: readonly unknown[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(kindOf(value), (counts.get(kindOf(value)) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  return value instanceof Error ? describeThrown(value).name : Object.prototype.toString.call(value).slice(8, -1);
}

function refused(name: string, why: string): ReviveError {
  return new ReviveError('REVIVE_NOT_SAVED', `The state of ${name} was not saved: ${why}.`, { retryable: true });
}
