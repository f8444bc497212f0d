/** The plain model of where a call goes in a pool with `route: 'least-in-flight'`, by what the README of the reinit-manager says. */

/** One of the places that serve the module's own exports. */
export interface Member {
  /** Whether an instance serves there. */
  readonly serves: boolean;
  /** How many promises that owes. */
  readonly owes: number;
  /** Whether one may be made there now. */
  readonly mayBeMade: boolean;
}

/** Which of them a call goes to that no object and no call around it keeps anywhere, in the order in which they are there. */
export function leastInFlight(members: readonly Member[]): number {
  const free = members.findIndex(({ serves, owes }) => serves && owes === 0);
  if (free >= 0) return free;
  const next = members.findIndex(({ serves, mayBeMade }) => !serves && mayBeMade);
  if (next >= 0) return next;
  const least = Math.min(...members.filter(({ serves }) => serves).map(({ owes }) => owes));
  // Where nobody serves, the default instance says why.
  return Math.max(
    0,
    members.findIndex(({ serves, owes }) => serves && owes === least),
  );
}
