/** Why a capsule can't be replayed. */
export const REPLAY_ERROR_CODES = {
  REVIVE_BAD_CAPSULE: 'It is no crash capsule.',
  REVIVE_NO_REPLAY: 'The call can not be made again: its arguments are not in the capsule, or the package has no such entrypoint.',
  REVIVE_OTHER_BUILD: 'The package is another build than the one that failed.',
  REVIVE_BROKEN_INSTALLATION: 'A file of wasm-revive itself is missing.',
  REVIVE_BAD_PACKAGE: 'The folder holds no transformed package that Node.js can load.',
} as const;

/** One of {@link REPLAY_ERROR_CODES}. */
export type ReplayErrorCode = keyof typeof REPLAY_ERROR_CODES;

/** A capsule can't be replayed. */
export class ReplayError extends Error {
  readonly code: ReplayErrorCode;

  /** @param message what was found, what is supported, what to do */
  constructor(code: ReplayErrorCode, message: string, options?: ErrorOptions) {
    // It may quote what somebody else has written.
    super(message.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' '), options);
    this.name = 'ReplayError';
    this.code = code;
  }
}
