import manifest from '../../package.json' with { type: 'json' };
import { ReviveError } from '../errors.js';
import { WITH_CRATES } from '../left-out.js';
import { ABI_VERSION, CRATE_SECTION } from './abi.js';
import { caretLine, isWithinCaret } from './caret.js';

/** What a crate says of itself in the module. */
export interface CrateRecord {
  readonly name: string;
  readonly version: string;
  readonly abi: number;
}

/** What an npm package says of itself: its version, and which crate it is matched with. */
export interface MatchedPackage {
  readonly name: string;
  readonly version: string;
  readonly crate: string;
}

const KERNEL: MatchedPackage = { name: '@wasm-revive/kernel', version: manifest.version, crate: 'wasm-revive-abi' };

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
 * Refuses a module whose crates speak another ABI than this package, or don't match the packages that run it: the caret range of the older
 * version has to take the newer one.
 * @param packages those that run the module, besides this one
 * @throws ReviveError `REVIVE_VERSION_MISMATCH`
 */
export function checkCrates(module: WebAssembly.Module, packages: readonly MatchedPackage[] = []): CrateRecord[] {
  return WITH_CRATES ? checked(readCrates(module), packages) : [];
}

function checked(crates: CrateRecord[], packages: readonly MatchedPackage[]): CrateRecord[] {
  for (const crate of crates) {
    if (crate.abi !== ABI_VERSION) throw otherAbi(crate);
    const other = [KERNEL, ...packages].find((matched) => matched.crate === crate.name && !isWithinCaret(matched.version, crate.version));
    if (other !== undefined) throw otherVersion(crate, other);
  }
  return crates;
}

function otherAbi(crate: CrateRecord): ReviveError {
  return new ReviveError(
    'REVIVE_VERSION_MISMATCH',
    `The module was built with ${crate.name} ${crate.version}, which speaks ABI ${crate.abi}; this package speaks ABI ${ABI_VERSION}. ` +
      `Use matching versions: \`cargo update -p ${crate.name}\` and \`npm install wasm-revive@latest\`, then build again.`,
  );
}

function otherVersion(crate: CrateRecord, { name, version }: MatchedPackage): ReviveError {
  return new ReviveError(
    'REVIVE_VERSION_MISMATCH',
    `The module was built with the crate ${crate.name} ${crate.version}, and is run by ${name} ${version}, which supports ` +
      `${caretLine(version)} of that crate. Use matching versions: ask for \`${crate.name} = "${version}"\` in Cargo.toml, or for a ` +
      'version of the package that matches the crate (`npm install wasm-revive@latest` for the newest). Then build and transform again.',
  );
}
