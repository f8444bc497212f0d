import { debugFileOnDisk, readReport, renderReport, SymbolicateError, sourcesOnDisk, symbolicate } from '@wasm-revive/symbolicate';
import { readInput, wantsColour } from './input.js';

interface SymbolicateFlags {
  readonly debug?: string;
  readonly sourceRoot?: string;
  readonly full?: boolean;
  readonly json?: boolean;
  readonly force?: boolean;
}

/** `wasm-revive symbolicate`. */
export function runSymbolicate(file: string, { debug, sourceRoot, full = false, json = false, force = false }: SymbolicateFlags): void {
  const report = readReport(readInput(file, refuse('REVIVE_BAD_REPORT')).toString('utf8'));
  const explained = symbolicate(report, debug === undefined ? undefined : debugFile(debug), { force });
  if (json) {
    // What JSON leaves as it is, a terminal may take for commands.
    const text = JSON.stringify(explained, null, 2).replaceAll(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
    process.stdout.write(`${text}\n`);
    return;
  }
  process.stdout.write(renderReport(explained, { colour: wantsColour(), full, findSource: sourcesOnDisk(sourceRoot) }));
}

/** `-` is standard input, which has no files beside it. */
function debugFile(file: string): Uint8Array {
  return file === '-' ? readInput(file, refuse('REVIVE_BAD_DEBUG_FILE')) : debugFileOnDisk(file);
}

function refuse(code: SymbolicateError['code']): (message: string, cause: unknown) => SymbolicateError {
  return (message, cause) => new SymbolicateError(code, message, { cause });
}
