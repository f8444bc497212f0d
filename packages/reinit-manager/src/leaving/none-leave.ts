/** What is there in a bundle in which nobody asks an instance that is well to go: see `left-out.ts`. */
import { leftOut, type Public } from '../left-out.js';
import type { Closing } from './closing.js';
import type { Departures } from './departures.js';
import type { Recycling } from './recycling.js';

/** None is on its way out. */
export const NO_DEPARTURES: Public<Departures> = {
  isLeaving: false,
  areAny: false,
  instances: [],
  at: () => undefined,
  departIfDue() {},
  forestall() {},
  lost() {},
  end() {},
  leave: refuse,
  depart: refuse,
  limit: refuse,
};

/** Calls are admitted. */
export const NEVER_CLOSED: Public<Closing> = {
  state: undefined,
  drainMs: 0,
  open() {},
  refusal: refuse,
  drain: refuse,
  dispose: refuse,
};

/** None is replaced. */
export const NO_RECYCLING: Public<Recycling> = { serves() {}, called: () => false, committed() {} };

function refuse(): never {
  throw leftOut('what ends instances that are well');
}
