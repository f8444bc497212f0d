/** How much the tester of random schedules does: the one place for its counts. */
export const LIMITS = {
  /** Schedules of one batch, after which memory is looked at. */
  schedulesInBatch: 150,
  /** The longest schedule, in outermost steps. */
  steps: 40,
  /** How deep steps are inside of others. */
  depth: 3,
  /** How many steps a callback or a listener has. */
  inside: 4,
  /** How often a listener of a schedule acts at most: one that fails whenever the module has recovered would never end. */
  listenerActs: 3,
  /** Turns of the event loop after which everything that is due has happened. */
  turns: 60,
  /** How many may be left once everything of a schedule is garbage. */
  left: {
    /** The one that serves, the one in reserve, and those that finished frames may still name. */
    memories: 8,
    /** In registries for finalization: of the siblings themselves, of a pool's instances, and what those frames may name. */
    registrations: 30,
    /** Timers of the module's that wait: one that looks for idle siblings, and those before it that are void. */
    timers: 8,
  },
  /** How long a schedule that goes wrong is made smaller, in milliseconds. */
  simplifyMs: 20_000,
  /** Bytes of JavaScript's heap that a thousand schedules may leave behind. */
  heapBytes: 8 * 2 ** 20,
  /** How many steps `npm test` makes on one package at least, of ten: more than 100,000 altogether. */
  boundedSteps: 10_100,
  /** How long it takes for them at least, in milliseconds. */
  boundedMs: 4_000,
} as const;
