import { CONTRACT, type ModuleDescription } from './contract.js';
import { ReviveError } from './errors.js';

/**
 * Refuses generated code that was made for another contract than this runtime's.
 * @throws ReviveError `REVIVE_CONTRACT_MISMATCH`
 */
export function checkContract({ name, contract, generatedBy }: ModuleDescription): void {
  if (contract === CONTRACT) return;
  throw new ReviveError(
    'REVIVE_CONTRACT_MISMATCH',
    `${name} was transformed by wasm-revive ${generatedBy}, for version ${contract} of the contract with the runtime; the runtime that it loads ` +
      `has version ${CONTRACT}. Install the runtime of wasm-revive ${generatedBy}, or transform wasm-bindgen's output again with the version that is installed.`,
  );
}
