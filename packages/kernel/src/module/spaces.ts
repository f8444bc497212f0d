import { SPACES } from '../contract/handle.js';
import { ReviveError } from '../errors.js';
import type { Module } from './module.js';

/**
 * Gives the instances of a module their spaces, see `handle.ts`: each a number that nothing alive bears. Numbers are counted up, and when they
 * have come to an end, those are given again of which no instance and no handle is left, the one that has rested longest first. Glue registers
 * handles and closures for finalization, by which that is known; without it the end is the end.
 */
export class Spaces {
  readonly #module: Pick<Module, 'description' | 'owners' | 'registries'>;
  readonly #isKeyed: boolean;
  #given: number;

  /** @param isKeyed for siblings @param given how many have been given by now */
  constructor(module: Pick<Module, 'description' | 'owners' | 'registries'>, isKeyed: boolean, given = 0) {
    this.#module = module;
    this.#isKeyed = isKeyed;
    this.#given = given;
  }

  /** Whether a space says no more which generation it is. */
  get areReused(): boolean {
    return this.#given > SPACES;
  }

  /**
   * The space of the next instance.
   * @throws ReviveError `REVIVE_CRASH_LOOP` where none is left
   */
  next(): number {
    const { owners, registries, description } = this.#module;
    if (this.#given < SPACES) return this.#numbered(this.#given++);
    for (let tried = 0; tried < SPACES && registersHandles(description, registries.length); tried++) {
      const space = this.#numbered(this.#given++ % SPACES);
      if (!owners.has(space) && !registries.some((registry) => registry.has(space))) return space;
    }
    throw new ReviveError(
      'REVIVE_CRASH_LOOP',
      `The module has been started ${SPACES} times, and can't be started again: the pointers of another instance could ` +
        'not be told apart. Load the program again: reload the page, or restart the process or the worker.',
    );
  }

  #numbered(place: number): number {
    return this.#isKeyed ? -1 - place : place;
  }
}

/** Whether glue registers the handles of every class: it does, unless the engine or an old wasm-bindgen has no `FinalizationRegistry`. */
function registersHandles({ siblings }: Module['description'], registries: number): boolean {
  if (siblings === undefined) return false;
  const isClass = (value: object): boolean => typeof (value as { prototype?: { free?: unknown } }).prototype?.free === 'function';
  return Object.values(siblings.forwarded()).filter(isClass).length <= registries;
}
