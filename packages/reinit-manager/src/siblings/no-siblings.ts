import { spaceOf, staleHandleError } from '@wasm-revive/kernel';
import { leftOut, type Public } from '../left-out.js';
import type { Siblings } from './siblings.js';

/** What is there in a bundle in which nobody asks for the instance of a key: see `left-out.ts`. */
export const NO_SIBLINGS: Public<Siblings> = {
  seated: new Set(),
  configure() {},
  places: () => [],
  isGone: () => true,
  evict: () => false,
  drain: async () => false,
  end: () => false,
  giveUp() {},
  owner(pointer, what) {
    throw staleHandleError(what, spaceOf(pointer) ?? 0, undefined);
  },
  instance: refuse,
  sibling: refuse,
  member: refuse,
  seat: refuse,
};

function refuse(): never {
  throw leftOut('what makes instances of keys');
}
