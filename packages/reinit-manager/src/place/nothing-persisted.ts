import type { Public } from '../left-out.js';
import type { Persisted } from './persisted.js';

/** What is there in a bundle for a module that persists nothing: see `left-out.ts`. */
export const NOTHING_PERSISTED: Public<Persisted> = {
  isSpoilt: () => false,
  signalled: () => false,
  turnEnded() {},
  failed() {},
  forget() {},
};
