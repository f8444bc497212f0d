// Loads the package that wasm-bindgen has written for Node.js: the folder is the program's first argument.
import { createRequire } from 'node:module';
import path from 'node:path';

const [folder = '.'] = process.argv.slice(2);

/** The package's exports. */
export const rust = createRequire(import.meta.url)(path.resolve(folder, 'wasm_revive_upstream_reproductions.js'));

/** What `run` throws; undefined where it throws nothing. */
export function thrown(run) {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** An abort that the program has seen, and the reset after it. */
export function abortAndReset() {
  thrown(() => rust.abort());
  rust.__wbg_reset_state();
}

/** What `run` gives, or the text of what it throws. */
export function outcome(run) {
  try {
    return run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}
