import { deleteProperty, setProperty } from '../program/intrinsics.js';
import { isError, lookAt } from '../program/thrown.js';

/**
 * An error's stack as the engine writes it; empty for what has none.
 *
 * Note: Bun (1.1.43 to 1.4.5 at least) writes `at unknown` for every Wasm frame, and tells their names only to `Error.prepareStackTrace`,
 * which it asks when a stack is read first (oven-sh/bun#42486). So there it is put in place for that moment. Whatever the program has put
 * there is asked as ever, so that the stack that others see is the same. Where it is frozen, there are no names.
 */
export function stackText(error: unknown): string {
  const stack = isError(error) ? lookAt(() => ('Bun' in globalThis ? readWithSites(error) : error.stack), '') : '';
  return typeof stack === 'string' ? stack : '';
}

type Prepare = (error: Error, sites: readonly unknown[]) => unknown;

/** The stack as it is where somebody has read it before. */
function readWithSites(error: Error): unknown {
  const errors = Error as unknown as { prepareStackTrace?: Prepare };
  const { prepareStackTrace: own } = errors;
  let sites: readonly string[] | undefined;
  const prepare: Prepare = (prepared, given) => {
    if (prepared === error) sites = given.map(String);
    return own?.call(Error, prepared, given) ?? [String(prepared), ...given.map((site) => `    at ${site}`)].join('\n');
  };
  setProperty(errors, 'prepareStackTrace', prepare);
  try {
    const stack: unknown = error.stack;
    return sites === undefined ? stack : sites.map((site) => `at ${site}`).join('\n');
  } finally {
    if (own === undefined) deleteProperty(errors, 'prepareStackTrace');
    else setProperty(errors, 'prepareStackTrace', own);
  }
}
