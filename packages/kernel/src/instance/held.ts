import { lookAt } from '../program/thrown.js';
import { markHandled } from './in-flight.js';

/**
 * The values of JavaScript that Rust holds, each in a place of its own: the instance's table of references, or, in glue that does without
 * reference types, the glue's `heap`.
 */
export interface Held {
  readonly length: number;
  /** Of a `heap`: the place that the next value goes to. What is there is the next but one, and so on, until the end. */
  readonly next?: number;
  /** The place of the first value that Rust can come to hold, where it holds some from the beginning. */
  readonly from?: number;
  get(place: number): unknown;
  /** Of a `heap`, where turns can be undone: puts these values from a place on, where the next value goes to `next`. */
  replace?(from: number, values: readonly unknown[], next: number): void;
}

/** In an array that is longer, nothing is looked for. */
const MOST_ELEMENTS = 1_000;

/**
 * Marks the promises that Rust holds as handled, and those in arrays that it holds. Rust had taken them over from its callers and would have
 * handled them. Now nobody does, and the rejection of one would end a Node.js process.
 *
 * Other objects are left alone: what is in them is as likely the program's own, and to read it may run the program's code.
 *
 * @param from the place of the first value that is Rust's own
 */
export function handlePromises(held: Held, from: number): void {
  for (let place = from, { length } = held; place < length; place++) {
    const value = held.get(place);
    if (typeof value !== 'object' || value === null) continue;
    handlePromise(value);
    handleElements(value);
  }
}

function handleElements(array: object): void {
  try {
    if (!Array.isArray(array)) return;
    const { length } = array;
    for (let index = 0; index < length && length <= MOST_ELEMENTS; index++) handlePromise(array[index]);
  } catch {
    // A proxy, or a getter.
  }
}

/** Marks a promise of any realm as handled. What only has a `then` is left alone: to call that may start what it stands for. */
export function handlePromise(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  // Cheaper than to have `then` refuse all else.
  if (lookAt(() => 'then' in value, false)) markHandled(value);
}
