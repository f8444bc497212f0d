/** Whatever goes wrong becomes an error in words: what the file system says, and what nobody has thought of. */
import { TransformError } from '../errors.js';
import { MalformedWasmError } from '../wasm/wasm-info.js';

/** Runs something that changes nothing before it is sure to succeed. @param about the folder that it is about */
export function inPlainWords<R>(about: string, run: () => R): R {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof TransformError) throw cause;
    if (isSystemError(cause)) {
      throw new TransformError('REVIVE_FILE_SYSTEM', `${systemWords(cause, about)}. Nothing was changed.`, { cause });
    }
    if (cause instanceof MalformedWasmError)
      throw new TransformError('REVIVE_BAD_WASM', `The module in ${about} can't be read: ${cause.message}.`, { cause });
    throw new TransformError(
      'REVIVE_FAULT',
      `wasm-revive itself failed on ${about} (${String(cause)}); nothing was changed. Please report it, with the package.`,
      { cause },
    );
  }
}

/** What Node.js throws for a call of the system that failed. */
export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly dest?: string;
}

/** Whether an error is one of the file system's. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the quota of the disk is used up',
  EEXIST: 'something is there already',
  EISDIR: 'a folder is there',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'nothing is there',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a file is where a folder should be',
  ENOTEMPTY: 'the folder is not empty',
  EPERM: 'it is not permitted',
  EROFS: 'the disk is read-only',
};

/** Which file, and what is wrong with it. */
export function systemWords({ code, syscall, path, dest }: SystemError, about: string): string {
  const where = [path, dest].filter((one) => one !== undefined).join(' to ');
  const place = where.includes(about) ? where : `${about}${where === '' ? '' : `, at ${where}`}`;
  return `${place} can't be used (${syscall}): ${WORDS[code] ?? code}`;
}
