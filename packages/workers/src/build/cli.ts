import { TransformError } from '@wasm-revive/bindgen';
import { bundle } from './bundle.js';
import { WorkersBuildError } from './errors.js';
import { runEsbuild } from './esbuild.js';

/** Does what worker-build asks of esbuild. Gives the exit code. */
export function main(args: readonly string[]): number {
  try {
    // worker-build, or a person, asks for the version.
    if (!args.includes('--bundle')) return runEsbuild(process.cwd(), args);
    const { code, exports, warnings } = bundle(process.cwd(), args);
    if (code === 0) {
      for (const warning of warnings) console.error(`wasm-revive: warning: ${warning}`);
      const { functions, classes } = exports;
      const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
      console.error(`wasm-revive: recovery built in. Functions: ${list(functions)}. Classes: ${list(classes)}.`);
    }
    return code;
  } catch (error) {
    if (error instanceof TransformError) console.error(`error ${error.code}: ${error.message}`);
    else if (error instanceof WorkersBuildError) console.error(`error: ${error.message}`);
    else throw error;
    return 1;
  }
}
