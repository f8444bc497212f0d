import { deleteProperty, setProperty } from './intrinsics.js';
import { isError, lookAt } from './thrown.js';

/**
 * The lines of an error's stack as the engine writes them; empty for what has none.
 *
 * Note: Bun (1.1.43 to 1.4.5 at least) writes `at unknown` for every Wasm frame, and tells their names only to `Error.prepareStackTrace`,
 * which it asks when a stack is read first (oven-sh/bun#42486). So there it is put in place for that moment. Whatever the program has put
 * there is asked as ever, so that the stack that others see is the same. Where it is frozen, there are no names.
 */
export function stackLines(error: unknown): string[] {
  return isError(error) ? lookAt(() => readLines(error), []) : [];
}

function readLines(error: Error): string[] {
  const { stack, sites } = 'Bun' in globalThis ? readWithSites(error) : { stack: error.stack };
  if (sites !== undefined) return sites.map((site) => `at ${site}`);
  return typeof stack === 'string' ? stack.split('\n') : [];
}

type Prepare = (error: Error, sites: readonly unknown[]) => unknown;

/** `sites` is undefined when somebody has read the stack before. */
function readWithSites(error: Error): { readonly stack: unknown; readonly sites?: readonly string[] } {
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
    return { stack, ...(sites && { sites }) };
  } finally {
    if (own === undefined) deleteProperty(errors, 'prepareStackTrace');
    else setProperty(errors, 'prepareStackTrace', own);
  }
}
