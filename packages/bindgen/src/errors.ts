/**
 * What can be wrong with a package that is to be transformed. Nothing has been written when one of these is thrown.
 */
export const TRANSFORM_ERROR_CODES = {
  REVIVE_NOT_A_FOLDER: 'The path is not a folder.',
  REVIVE_NO_WASM: 'The folder holds no wasm file of wasm-bindgen.',
  REVIVE_NO_GLUE: 'The folder holds no glue for its wasm file.',
  REVIVE_BAD_WASM: 'The wasm file is malformed.',
  REVIVE_WASM_MISMATCH: 'The wasm file and the glue were not made together.',
  REVIVE_ALREADY_TRANSFORMED: 'The package has been transformed already.',
  REVIVE_READ_ONLY: 'The folder cannot be written.',
  REVIVE_SHARED_MEMORY: 'The module shares its memory between threads.',
  REVIVE_CANNOT_UNDO: 'The module does something that can not be undone.',
  REVIVE_NOT_PREWARMED: 'The start function of the module can not be run once for all instances.',
  REVIVE_NO_DEBUG_INFO: 'The module has no debug information that could be written to a file of its own.',
  REVIVE_WASM64: 'The module uses 64-bit memory.',
  REVIVE_UNSUPPORTED_TARGET: 'The target is not supported.',
  REVIVE_UNKNOWN_GLUE: 'The glue has a shape that is not known.',
  REVIVE_OLD_GLUE: 'The glue is older than what is known.',
  REVIVE_BAD_PACKAGE_JSON: 'The package.json is not JSON.',
  REVIVE_BAD_OUTPUT: 'The output folder cannot be used.',
  REVIVE_BAD_FILE: 'A file of the package cannot be read or copied: a named pipe, a link that leads nowhere, too much.',
  REVIVE_BAD_STAGING: 'The folder in which changes are staged is not ours, or is broken.',
  REVIVE_BUSY: 'Another run is at work on the folder, or something has changed the package while it was read.',
  REVIVE_FILE_SYSTEM: 'The file system refuses to read or write something.',
  REVIVE_BROKEN_INSTALLATION: 'A file of wasm-revive itself is missing or broken.',
  REVIVE_FAULT: 'wasm-revive itself failed.',
} as const;

/** One of {@link TRANSFORM_ERROR_CODES}. */
export type TransformErrorCode = keyof typeof TRANSFORM_ERROR_CODES;

/** The package can't be transformed; the folder is as it was. */
export class TransformError extends Error {
  readonly code: TransformErrorCode;

  /** @param message one paragraph: what was found, what is supported, what to do */
  constructor(code: TransformErrorCode, message: string, options?: ErrorOptions) {
    super(escapeControls(message), options);
    this.name = 'TransformError';
    this.code = code;
  }
}

/** Names of files are anybody's: in a terminal, a line end or an escape sequence in them would speak for us. */
function escapeControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
