/** The file that has a module's debug information, where the module is shipped without. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SymbolicateError } from './errors.js';
import { askModule } from './wasm.js';

/**
 * Reads a debug file: the module itself where it has debug information, else the file that its section `external_debug_info` names.
 * @param file a wasm file: with debug information, or as it was shipped
 * @throws SymbolicateError `REVIVE_BAD_DEBUG_FILE`; `REVIVE_OTHER_BUILD` where that file is of another build than the module
 */
export function debugFileOnDisk(file: string): Uint8Array {
  const module = read(file);
  const { hasDebugInfo, debugFile, buildId } = identify(module, file);
  if (hasDebugInfo || debugFile === null) return module;
  const path = locate(debugFile, file);
  const debug = read(path, ` ${file} has its debug information there: give the debug file itself, where it is elsewhere.`);
  const { buildId: found } = identify(debug, path);
  if (found === buildId) return debug;
  throw new SymbolicateError(
    'REVIVE_OTHER_BUILD',
    `${path}, where ${file} has its debug information, is of another build: its \`build_id\` is ${found ?? 'missing'}, that of the module ${buildId ?? 'missing'}. ` +
      'Keep the debug file of every build that you deploy, and give that of this one.',
  );
}

/** @param url from the module on */
function locate(url: string, module: string): string {
  try {
    return fileURLToPath(new URL(url, pathToFileURL(resolve(module))));
  } catch (cause) {
    throw new SymbolicateError(
      'REVIVE_BAD_DEBUG_FILE',
      `${module} has its debug information at ${url}, which is no file on this machine. Fetch it, and give it in place of the module.`,
      { cause },
    );
  }
}

function identify(module: Uint8Array, file: string): ReturnType<typeof askModule> {
  try {
    return askModule(module, []);
  } catch (cause) {
    if (cause instanceof SymbolicateError) throw cause;
    throw new SymbolicateError('REVIVE_BAD_DEBUG_FILE', `${file} can't be read: ${cause instanceof Error ? cause.message : cause}.`, {
      cause,
    });
  }
}

function read(file: string, more = ''): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SymbolicateError(
      'REVIVE_BAD_DEBUG_FILE',
      `${file} can't be read: ${cause instanceof Error ? cause.message : cause}.${more}`,
      { cause },
    );
  }
}
