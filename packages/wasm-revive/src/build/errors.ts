/** Why a crate can't be built. */
export const BUILD_ERROR_CODES = {
  REVIVE_NO_CRATE: 'The folder holds no crate that can be built for wasm-bindgen.',
  REVIVE_NO_TOOL: 'A tool is missing, or not of the version that is needed.',
  REVIVE_TOOL_FAILED: 'A tool has failed, and has said why.',
} as const;

/** One of {@link BUILD_ERROR_CODES}. */
export type BuildErrorCode = keyof typeof BUILD_ERROR_CODES;

/** A crate can't be built. */
export class BuildError extends Error {
  readonly code: BuildErrorCode;
  /** All that the tool has said which failed. */
  readonly output: string;
  /** Commands to run, or lines to write, where the message names some. */
  readonly todo: string | undefined;

  /** @param message what was found, what is supported, what to do */
  constructor(
    code: BuildErrorCode,
    message: string,
    { output = '', todo, ...options }: ErrorOptions & { output?: string; todo?: string } = {},
  ) {
    super(message.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' '), options);
    this.name = 'BuildError';
    this.code = code;
    this.output = output;
    this.todo = todo;
  }
}
