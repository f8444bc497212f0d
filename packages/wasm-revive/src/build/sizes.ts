import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Bytes of a file, as it is and compressed by gzip. */
export interface Size {
  readonly bytes: number;
  readonly gzip: number;
}

/** One file, before and after. */
export interface FileSize {
  readonly file: string;
  /** Undefined: there was none. */
  readonly before: Size | undefined;
  readonly after: Size;
}

/** @param before where the files were, or their content @param files paths in `dir` */
export function sizesOf(before: ReadonlyMap<string, string | Size>, dir: string, files: readonly string[]): FileSize[] {
  return files.map((file) => {
    const was = before.get(file);
    return { file, before: typeof was === 'string' ? sizeOf(was) : was, after: sizeOf(join(dir, file)) };
  });
}

/** @param file its path */
export function sizeOf(file: string): Size {
  const bytes = readFileSync(file);
  return { bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}
