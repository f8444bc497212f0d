/**
 * Whether an instance is of the module that the glue was made for. The wasm file of another build (out of a cache, or of a deployment that went half
 * way) compiles all the same.
 */
import type { ModuleDescription, Scope } from '../contract/contract.js';
import { entriesOf } from '../contract/entries.js';
import { ReviveError } from '../errors.js';
import { bare, EnginesProxy, hasOwn, keys, setPrototypeOf } from '../program/intrinsics.js';
import { LONGEST_NAME, shorten } from '../report/text-limits.js';

/** How many exports of another module the error names. */
const NAMED = 3;

/**
 * Has imports refuse another module by themselves: whoever makes the instance, the engine reads the imports, and throws what reading them throws.
 * Only what the glue doesn't have is read from the prototype.
 */
export function refuseOtherModules(name: string, imports: WebAssembly.Imports): void {
  for (const module of keys(imports)) {
    refuseRest(imports[module] as object, (key) => otherModule(name, `It imports ${quoted(key)} from ${quoted(module)}`));
  }
  refuseRest(imports, (key) => otherModule(name, `It imports from ${quoted(key)}`));
}

function refuseRest(imports: object, error: (key: string) => ReviveError): void {
  const get = (_: object, key: string | symbol): undefined => {
    if (typeof key === 'string') throw error(key);
  };
  setPrototypeOf(imports, new EnginesProxy(bare({}), bare({ get })));
}

/**
 * Refuses exports among which an entry finds nothing to call, or that lack what the transform has added.
 * @param scope bound to them
 * @throws ReviveError `REVIVE_VERSION_MISMATCH`
 */
export function checkExports(description: ModuleDescription, scope: Scope, exports: WebAssembly.Exports): void {
  const { name, added = [] } = description;
  const entry = missingFrom(scope.raw.binding ?? bare({}));
  const missing =
    entry === undefined
      ? added.find((one) => exports[one] === undefined)
      : (entriesOf(description, scope)[entry]?.name ?? `the entry ${entry}`);
  if (missing === undefined) return;
  const found = keys(exports);
  const named = found.slice(0, NAMED).map(quoted).join(', ');
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : '';
  const what = entry === undefined ? `no ${missing}, which the transform adds` : `nothing for ${quoted(missing)} to call`;
  throw otherModule(name, `It has ${what}, and exports ${named === '' ? 'nothing' : `${named}${more}`}`);
}

/**
 * The first entry without a function. Generated code holds exports in order, and where there are many in pieces.
 *
 * Note: V8 keeps what `for…in` goes over with the shape; with `Object.entries` this took as long as half of a recovery (measured).
 */
function missingFrom(binding: object): number | undefined {
  let entry = 0;
  const isMissing = (record: object): boolean => {
    for (const key in record) {
      const value: unknown = record[key as keyof typeof record];
      if (key === 'state' || !hasOwn(record, key)) continue;
      if (typeof value === 'function') entry++;
      else if (!key.startsWith('c') || typeof value !== 'object' || value === null || isMissing(value)) return true;
    }
    return false;
  };
  return isMissing(binding) ? entry : undefined;
}

function quoted(text: string): string {
  return JSON.stringify(shorten(text, LONGEST_NAME));
}

function otherModule(name: string, found: string): ReviveError {
  return new ReviveError(
    'REVIVE_VERSION_MISMATCH',
    `${name} was given a WebAssembly module that is not its own. ${found}. The wasm file and the JavaScript have to come from one run of the ` +
      'transform: deploy both together, and look for caches that hold the file of another build.',
  );
}
