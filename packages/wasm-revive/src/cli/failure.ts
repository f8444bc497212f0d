/** What the command line says when a command fails: what happened and what to do, in place of a stack. */
import { TransformError } from '@wasm-revive/bindgen';
import { SymbolicateError } from '@wasm-revive/symbolicate';
import { TimelineError } from '@wasm-revive/timeline';
import { withoutProgress } from '../build/cargo.js';
import { BuildError } from '../build/errors.js';
import { ReplayError } from '../replay/errors.js';

const ISSUES = 'https://github.com/wasm-revive/wasm-revive/issues';

/** Writes an error for the person who ran the command. With `WASM_REVIVE_DEBUG` in the environment it writes the stack, too. */
export function showFailure(error: unknown): void {
  const debug = Boolean(process.env.WASM_REVIVE_DEBUG);
  const isOurs =
    error instanceof TransformError ||
    error instanceof SymbolicateError ||
    error instanceof TimelineError ||
    error instanceof ReplayError ||
    error instanceof BuildError;
  // What the tool has said goes first: at the end stands what to do.
  if (error instanceof BuildError && error.output !== '') console.error(withoutProgress(error.output));
  const where = debug ? '' : ' Set WASM_REVIVE_DEBUG=1 to see where it happened.';
  if (isOurs) console.error(`error ${error.code}: ${error.message}${error.code === 'REVIVE_FAULT' ? where : ''}`);
  else {
    console.error(
      `error: wasm-revive itself failed (${inOneLine(error)}). This is a fault of wasm-revive, not of your package. ` +
        `Please report it at ${ISSUES}, with the command that you ran.${where}`,
    );
  }
  if (debug) console.error(error);
}

/** Anything can be thrown, and a name of a file in a message can hold what a terminal takes for a command. */
function inOneLine(error: unknown): string {
  return String(error).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
