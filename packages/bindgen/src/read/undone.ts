/** Whether modules that an earlier run has transformed have their turns undone. What does that, they take from the runtime beside them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { transformedBy } from '../emit/banner.js';
import { UNDO_FIELD } from '../emit/emit-undo.js';
import { readFile } from '../write/files.js';
import { entryAt } from '../write/staging.js';

/** Whether a folder holds transformed glue that undoes turns. */
export function isUndoneIn(dir: string): boolean {
  return readdirSync(dir)
    .filter((file) => /\.[cm]?js$/.test(file) && entryAt(join(dir, file))?.isFile() === true)
    .some((file) => {
      const code = readFile(join(dir, file))?.toString('utf8') ?? '';
      return transformedBy(code) !== undefined && code.includes(UNDO_FIELD);
    });
}
