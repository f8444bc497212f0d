import { ask } from '../../../../scripts/lib/processes.mjs';
import { UserError } from '../../../../scripts/lib/user-error.mjs';

/** @typedef {{ name: string, path: string, hasImportSource: boolean }} NodeRuntime */

/** An empty Wasm module. */
const PROOF =
  "import source module from 'data:application/wasm;base64,AGFzbQEAAAA='; if (!(module instanceof WebAssembly.Module)) process.exit(1); console.log('yes');";

/**
 * Looks at a Node binary.
 *
 * @param {string} path
 * @returns {NodeRuntime} `hasImportSource`: whether it knows `import source` of a Wasm module by itself (24 and later)
 * @throws {UserError} when it is none
 */
export function nodeRuntime(path) {
  const version = ask(path, ['-p', 'process.versions.node']);
  if (!version) throw new UserError(`${path} is not a Node binary that runs here.`);
  return { name: `node-${version}`, path, hasImportSource: ask(path, ['--input-type=module', '-e', PROOF]) === 'yes' };
}
