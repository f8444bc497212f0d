import { isInstance } from '../program/intrinsics.js';
import { describeThrown, isError } from '../program/thrown.js';

// V8 and JavaScriptCore throw a RangeError, SpiderMonkey an InternalError, when JavaScript or Wasm frames fill the stack.
const STACK_EXHAUSTED = ['Maximum call stack size exceeded', 'too much recursion'];

/** What wasm-bindgen's own guards say of an instance that has aborted before (0.2.130, `--experimental-reset-state-function` and panic=unwind). */
const TERMINATED = 'Module terminated';

/**
 * Whether an error is a trap or an exhausted stack, or says that there was one before: the instance that raised it can't be trusted.
 */
export function isAbort(error: unknown): error is Error {
  return isError(error) && (isInstance(error, WebAssembly.RuntimeError) || saidCause(describeThrown(error)) !== undefined);
}

/** The cause of what is no trap, and says by its name and message alone what it is: it may be of another realm. */
export function saidCause({ name, message }: Pick<Error, 'name' | 'message'>): 'stack-overflow' | 'terminated' | undefined {
  switch (name) {
    case 'RangeError':
    case 'InternalError':
      return STACK_EXHAUSTED.some((says) => message.startsWith(says)) ? 'stack-overflow' : undefined;
    case 'Error':
      // wasm-bindgen's glue refuses a call, because the instance had aborted. It says that of nothing else.
      return message === TERMINATED ? 'terminated' : undefined;
    default:
      return undefined;
  }
}
