/** What always holds, by ID: every test names the invariants it checks, so that a failing one says which promise was broken. */
export const INVARIANTS = {
  I1: 'told',
  I2: 'contained',
  I3: 'dead stays dead',
  I4: 'no crossing',
  I5: 'nothing hangs',
  I6: 'flat',
  I7: 'state',
  I8: 'cheap when well',
  I9: 'plain errors',
} as const;

/** One of {@link INVARIANTS}. */
export type InvariantId = keyof typeof INVARIANTS;

/** `I3 dead stays dead` */
export function nameOf(id: InvariantId): string {
  return `${id} ${INVARIANTS[id]}`;
}
