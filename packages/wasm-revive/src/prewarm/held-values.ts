/** What a saved state says, for a wasm file that is to begin in it. */
import { runInNewContext } from 'node:vm';
import type { HeldValues, Prewarmed, TransformedModule } from '@wasm-revive/bindgen';
import { copySupport, type SavedValues } from '@wasm-revive/kernel';

/** Where in the bytes of a state the id of the build is. */
const BUILD = { from: 20, to: 36 };

/**
 * Reads the bytes of a state that was copied.
 * @param given the places of the table of JavaScript's values that have what the glue gives each instance
 */
export function stateOf(bytes: Uint8Array, given: readonly number[]): Prewarmed {
  const build = Buffer.from(bytes.subarray(BUILD.from, BUILD.to)).toString('latin1');
  const { image, values } = copySupport.decodeState(bytes, build);
  const memory = new Uint8Array(image.end);
  for (const part of image.memory) memory.set(part.bytes, part.at);
  // Where the glue has a `heap`, there is no table.
  const references = values.next === undefined ? values.length : 0;
  return { memory, globals: image.record.bytes, references, held: heldIn(values, given) };
}

function heldIn({ length, values, objects, next, from = 0 }: SavedValues, given: readonly number[]): HeldValues | undefined {
  if (next === undefined) {
    const held = values.filter(([place]) => !given.includes(place));
    // Where it only holds null, there is nothing to do: that is what the places of a table begin with.
    return held.length === 0 ? undefined : { length, values: held, objects };
  }
  return freePlaces(new Map(values), from, next).size === length ? undefined : { length, values, objects, next, from };
}

/** The places of a `heap` that are free: each has the number of the next one. */
function freePlaces(values: ReadonlyMap<number, unknown>, from: number, next: number): Set<number> {
  const free = new Set<number>();
  for (let at = next; values.has(at - from) && !free.has(at - from); at = values.get(at - from) as number) free.add(at - from);
  return free;
}

/** The objects of the host among held values that not every host of a target has, by their names. */
export function notEverywhere(held: HeldValues | undefined, target: TransformedModule['target']): string[] {
  if (target === 'nodejs' || target === 'experimental-nodejs-module') return [];
  const everywhere = new Set([...OF_THE_LANGUAGE(), ...OF_EVERY_HOST]);
  return (held?.objects ?? []).flatMap((made) => {
    if (made[0] !== 'global') return [];
    const [, path] = made;
    return path.length === 0 || everywhere.has(path[0] as string) ? [] : [path.join('.')];
  });
}

/** What there is without any host. */
const OF_THE_LANGUAGE = (): string[] => runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[];

/** What hosts have agreed on. Source: WinterTC, Minimum Common Web API (ECMA-429), without what Node.js 20 doesn't have. */
const OF_EVERY_HOST: readonly string[] = `
  AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy Crypto CryptoKey DOMException
  DecompressionStream Event EventTarget File FormData Headers MessageChannel MessageEvent MessagePort Performance
  ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController
  ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream
  TransformStream TransformStreamDefaultController URL URLSearchParams WebAssembly WritableStream WritableStreamDefaultController
  WritableStreamDefaultWriter atob btoa clearInterval clearTimeout console crypto fetch performance queueMicrotask setInterval
  setTimeout structuredClone
`
  .trim()
  .split(/\s+/);
