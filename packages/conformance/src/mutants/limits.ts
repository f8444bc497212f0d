/** How much the fuzzing of the transform does: the one place for its counts. */
export const LIMITS = {
  /** A package that isn't loaded and used after this hangs. A busy machine needs a second. */
  hangsAfterMs: 20_000,
  /** How long `npm test` lets it run, in milliseconds. */
  boundedMs: 20_000,
  /** A process that says nothing for so long hangs. */
  silentMs: 60_000,
} as const;
