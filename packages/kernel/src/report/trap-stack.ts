import type { ReviveError } from '../errors.js';
import { withStackTraceLimit } from '../failure/panic-site.js';

/** How V8 begins the line of a frame. */
const FIRST_FRAME = '\n    at ';

/**
 * Makes an error that stands for a trap, with the trap's frames in place of its own. In V8, which keeps ten, its own would be those of this runtime,
 * and to note them costs as much as the trap did; the trap's lead from Rust to the caller. Elsewhere it has its own.
 * @param stack the trap's, as text
 */
export function standFor(stack: string, make: () => ReviveError): ReviveError {
  const at = stack.indexOf(FIRST_FRAME);
  if (at < 0) return make();
  const error = withStackTraceLimit(() => 0, make);
  error.stack = `${error.name}: ${error.message}${stack.slice(at)}`;
  return error;
}
