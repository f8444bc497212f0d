/** Which version of wasm-bindgen wrote what is refused. */
import { TransformError } from '../errors.js';
import type { WasmInfo } from '../wasm/wasm-info.js';
import { KNOWN_VERSIONS } from './glue.js';

/** The oldest wasm-bindgen whose glue is known: the last number of its version. */
const OLDEST = 84;

/** Has a refusal of glue say which version of wasm-bindgen wrote it, and that this one is too old where it is. */
export function withVersion<R>(wasm: WasmInfo, file: string, run: () => R): R {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TransformError) || wasm.wasmBindgen === null) throw error;
    if (!/^REVIVE_(?:UNKNOWN_GLUE|WASM_MISMATCH|UNSUPPORTED_TARGET)$/.test(error.code)) throw error;
    if (isOld(wasm.wasmBindgen)) {
      throw new TransformError(
        'REVIVE_OLD_GLUE',
        `${file} was written by wasm-bindgen ${versionOf(wasm.wasmBindgen)}, which is older than what is known: ${KNOWN_VERSIONS}. ` +
          'Build the package with a newer wasm-bindgen, or look for a newer release of it.',
        { cause: error },
      );
    }
    throw new TransformError(error.code, `${error.message} The wasm file was written by wasm-bindgen ${versionOf(wasm.wasmBindgen)}.`, {
      cause: error,
    });
  }
}

/** Without the commit that a build of wasm-bindgen names. */
export function versionOf(written: string): string {
  return written.replace(/ .*/, '');
}

function isOld(version: string): boolean {
  const [, minor, patch] = /^0\.(\d+)\.(\d+)/.exec(version) ?? [];
  return minor === '2' && Number(patch) < OLDEST;
}
