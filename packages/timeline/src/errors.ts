import { plainLine } from './escape.js';

/** What can be wrong with a timeline that is read from somewhere. */
export const TIMELINE_ERROR_CODES = {
  REVIVE_BAD_TIMELINE: 'It is not a timeline.',
  REVIVE_UNKNOWN_TIMELINE_VERSION: 'The timeline is of a version that is not known.',
  REVIVE_CANT_WRITE: 'The page or the picture can not be written where the command was told to.',
} as const;

/** One of {@link TIMELINE_ERROR_CODES}. */
export type TimelineErrorCode = keyof typeof TIMELINE_ERROR_CODES;

/** The timeline can't be read. */
export class TimelineError extends Error {
  readonly code: TimelineErrorCode;

  /** @param message one paragraph: what was found, what is supported, what to do */
  constructor(code: TimelineErrorCode, message: string, options?: ErrorOptions) {
    // It may quote what is wrong, which may be anybody's.
    super(plainLine(message), options);
    this.name = 'TimelineError';
    this.code = code;
  }
}
