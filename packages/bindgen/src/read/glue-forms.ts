/** Glue comes in more forms than one: a reader for each puts it into the one that `glue.ts` reads, so that nothing else has to know of them. */
import { inFormOfModule } from './deno-form.js';
import { withoutFunction } from './no-modules-form.js';
import { fromOlderNodejs } from './older-nodejs.js';
import { fromOlderWeb } from './older-web.js';
import type { Package } from './read-package.js';

/**
 * The text of a package's glue in the form that wasm-bindgen gives it today; of the same lines.
 * @param imported names that the wasm file imports from the glue
 */
export function inKnownForm({ target, glue: { file, code } }: Package, imported: ReadonlySet<string>): string {
  switch (target) {
    case 'nodejs':
      return fromOlderNodejs(file, code, imported) ?? code;
    case 'deno':
    case 'module':
      return inFormOfModule(file, code);
    case 'web':
      return fromOlderWeb(file, code) ?? code;
    case 'no-modules': {
      const held = withoutFunction(file, code);
      return fromOlderWeb(file, held) ?? held;
    }
    default:
      return code;
  }
}
