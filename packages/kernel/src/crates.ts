import { ABI_VERSION, CRATE_SECTION } from './abi.js';
import { ReviveError } from './errors.js';

/** What a crate says of itself in the module. */
export interface CrateRecord {
  readonly name: string;
  readonly version: string;
  readonly abi: number;
}

/** Reads which wasm-revive crates a module was built with. */
export function readCrates(module: WebAssembly.Module): CrateRecord[] {
  const text = WebAssembly.Module.customSections(module, CRATE_SECTION)
    .map((section) => new TextDecoder().decode(section))
    .join('');
  return text
    .split('\n')
    .map((line) => line.replaceAll('\0', '').trim().split(' '))
    .filter((words) => words.length === 3)
    .map(([name = '', version = '', abi = '']) => ({ name, version, abi: Number(abi) }));
}

/**
 * Refuses a module whose crates speak another ABI than this package.
 * @throws ReviveError `REVIVE_VERSION_MISMATCH`
 */
export function checkCrates(module: WebAssembly.Module): CrateRecord[] {
  const crates = readCrates(module);
  for (const crate of crates) {
    if (crate.abi === ABI_VERSION) continue;
    throw new ReviveError(
      'REVIVE_VERSION_MISMATCH',
      `The module was built with ${crate.name} ${crate.version}, which speaks ABI ${crate.abi}; this package speaks ABI ${ABI_VERSION}. ` +
        `Use matching versions: \`cargo update -p ${crate.name}\` and \`npm install wasm-revive@latest\`, then build again.`,
    );
  }
  return crates;
}
