import { ReviveError } from '../errors.js';
import { CONTRACT, type ModuleDescription } from './contract.js';

/**
 * Refuses generated code that was made for another contract than this runtime's.
 * @throws ReviveError `REVIVE_CONTRACT_MISMATCH`
 */
export function checkContract({ name, contract, generatedBy }: Pick<ModuleDescription, 'name'> & Partial<ModuleDescription>): void {
  if (contract === CONTRACT) return;
  // The first versions said neither.
  const maker = generatedBy === undefined ? 'a version of wasm-revive' : `wasm-revive ${generatedBy}`;
  const made =
    contract === undefined
      ? 'from before its contract with the runtime had a number'
      : `for version ${contract} of the contract with the runtime`;
  throw new ReviveError(
    'REVIVE_CONTRACT_MISMATCH',
    `${name} was transformed by ${maker}, ${made}; the runtime that it loads has version ${CONTRACT}. Install the runtime of ` +
      `${generatedBy === undefined ? 'that version' : maker}, or transform wasm-bindgen's output again with the version that is installed.`,
  );
}
