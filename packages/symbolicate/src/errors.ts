import { plainLine } from './plain-text.js';

/** What can be wrong with a report, or with the file that is to explain it. */
export const SYMBOLICATE_ERROR_CODES = {
  REVIVE_BAD_REPORT: 'It is not a crash report.',
  REVIVE_UNKNOWN_REPORT_VERSION: 'The crash report is of a version that is not known.',
  REVIVE_BAD_DEBUG_FILE: 'The debug file is not a WebAssembly module, or its debug information is malformed.',
  REVIVE_NO_DEBUG_INFO: 'The debug file has no debug information.',
  REVIVE_OTHER_BUILD: 'The debug file is of another build than the module that failed.',
  REVIVE_STALE_DEBUG_INFO: 'The debug information of the debug file is of other code than its own.',
  REVIVE_BROKEN_INSTALLATION: 'A file of wasm-revive itself is missing or broken.',
} as const;

/** One of {@link SYMBOLICATE_ERROR_CODES}. */
export type SymbolicateErrorCode = keyof typeof SYMBOLICATE_ERROR_CODES;

/** The report can't be read, or not with this file. */
export class SymbolicateError extends Error {
  readonly code: SymbolicateErrorCode;

  /** @param message one paragraph: what was found, what is supported, what to do */
  constructor(code: SymbolicateErrorCode, message: string, options?: ErrorOptions) {
    // It may quote what is wrong, which may be anybody's.
    super(plainLine(message), options);
    this.name = 'SymbolicateError';
    this.code = code;
  }
}
