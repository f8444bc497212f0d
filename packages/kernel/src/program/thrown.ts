import { apply, isInstance } from './intrinsics.js';
import { hasStackRoom } from './stack-room.js';

// As they are when this is loaded: the program may replace them.
const { toString: toText } = Object.prototype;

/**
 * What `look` finds out about something that was thrown, or `otherwise`. Anything may be thrown, and to look at it can run the program's code,
 * which may throw in turn. An exhausted stack is not hidden: what is thrown then says nothing about the value.
 */
export function lookAt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (!hasStackRoom()) throw error;
    return otherwise;
  }
}

/** `Object.prototype.toString` of a value. It may run code of the program's, which may throw. */
export function tagOf(value: unknown): string {
  return apply(toText, value, []);
}

/** Whether a value is an error, of any realm. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  return lookAt(() => isInstance(value, Error) || tagOf(value) === '[object Error]', false);
}

/** What a value that was thrown says of itself: always texts. */
export function describeThrown(value: unknown): { readonly name: string; readonly message: string } {
  return lookAt(
    () => (isError(value) ? { name: String(value.name), message: String(value.message) } : { name: typeof value, message: String(value) }),
    { name: typeof value, message: 'a value of JavaScript that has no text' },
  );
}
