import type { Prewarmed } from '@wasm-revive/bindgen';
import { copySupport } from '@wasm-revive/kernel';

type Saved = ReturnType<typeof copySupport.decodeState>;

/** Where in the bytes of a state the id of the build is. */
const BUILD = { from: 20, to: 36 };

/** Reads the bytes of a state that was copied. */
export function stateOf(bytes: Uint8Array): { readonly state: Prewarmed; readonly values: Saved['values'] } {
  const build = Buffer.from(bytes.subarray(BUILD.from, BUILD.to)).toString('latin1');
  const { image, values } = copySupport.decodeState(bytes, build);
  const memory = new Uint8Array(image.end);
  for (const part of image.memory) memory.set(part.bytes, part.at);
  // Where the glue has a `heap`, there is no table.
  const references = values.next === undefined ? values.length : 0;
  return { state: { memory, globals: image.record.bytes, references }, values };
}

/**
 * What Rust holds of JavaScript's values besides those that the glue gives each instance: what each is, in words.
 * @param given the places of the latter, in a table
 */
export function heldValues({ length, values, objects, next, from = 0 }: Saved['values'], given: readonly number[]): string[] {
  const words = new Map(values);
  const others = next === undefined ? new Set(given) : freePlaces(words, from, next);
  // A place of a table that Rust doesn't use has null, and so has one with null in it. In a `heap`, each place that isn't free is Rust's.
  const places = next === undefined ? [...words.keys()] : Array.from({ length }, (_, place) => place);
  return places.flatMap((place) => {
    if (others.has(place)) return [];
    const word = words.get(place) ?? null;
    if (!Array.isArray(word)) return [`a ${word === null ? 'null' : typeof word}`];
    const [kind, detail] = word as readonly [string, unknown];
    if (kind !== 'object') return [`a ${kind}`];
    const [made, what] = objects[detail as number] as readonly [string, unknown];
    switch (made) {
      case 'global':
        return [`the host's object ${String(what)}`];
      case 'closure':
        return ['a closure of Rust'];
      case 'promise':
        return ['a promise'];
      default:
        return [`one of kind ${made}`];
    }
  });
}

/** The places of a `heap` that are free: each has the number of the next one. */
function freePlaces(values: ReadonlyMap<number, unknown>, from: number, next: number): Set<number> {
  const free = new Set<number>();
  for (let at = next; values.has(at - from) && !free.has(at - from); at = values.get(at - from) as number) free.add(at - from);
  return free;
}
