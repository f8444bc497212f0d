import { readFileSync } from 'node:fs';
import { readReport, renderReport, SymbolicateError, sourcesOnDisk, symbolicate } from '@wasm-revive/symbolicate';

interface SymbolicateFlags {
  readonly debug?: string;
  readonly sourceRoot?: string;
  readonly full?: boolean;
  readonly json?: boolean;
  readonly force?: boolean;
}

/** `wasm-revive symbolicate`. */
export function runSymbolicate(file: string, { debug, sourceRoot, full = false, json = false, force = false }: SymbolicateFlags): void {
  const report = readReport(readInput(file === '-' ? 0 : file, 'REVIVE_BAD_REPORT').toString('utf8'));
  const explained = symbolicate(report, debug === undefined ? undefined : readInput(debug, 'REVIVE_BAD_DEBUG_FILE'), { force });
  if (json) {
    // What JSON leaves as it is, a terminal may take for commands.
    const text = JSON.stringify(explained, null, 2).replaceAll(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
    process.stdout.write(`${text}\n`);
    return;
  }
  process.stdout.write(renderReport(explained, { colour: wantsColour(), full, findSource: sourcesOnDisk(sourceRoot) }));
}

function readInput(file: string | 0, code: SymbolicateError['code']): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SymbolicateError(code, `${file === 0 ? 'Standard input' : file} can't be read: ${why}.`, { cause: error });
  }
}

/** As programs agree on it: https://no-color.org, https://force-color.org. */
function wantsColour(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0';
  return !NO_COLOR && process.stdout.isTTY === true;
}
