/** Objects among the arguments of a call that belong to an instance, or are of no use after the call. */
import { lookAt } from '@wasm-revive/kernel';

/** What a handle points to, of an array of handles the first; undefined of anything else. The program's code may be in the way. */
export function pointerOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const handle: unknown = Array.isArray(value) ? value[0] : value;
    return (handle as { readonly __wbg_ptr?: unknown } | null | undefined)?.__wbg_ptr;
  } catch {
    return undefined;
  }
}

/** Whether somebody has begun to read a stream, a request or a response, or has taken a buffer over: whoever is given it again finds it empty. */
export function isConsumed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return lookAt(() => {
    const { locked, bodyUsed, detached, buffer } = value as Record<string, unknown>;
    return locked === true || bodyUsed === true || detached === true || (buffer as { detached?: unknown } | undefined)?.detached === true;
  }, true);
}

/** Whether a method, by its name, gives back what a handle points to, which is no new call. `free()` calls the other one. */
export function isFree(what: string): boolean {
  return /\.(?:free|__destroy_into_raw)$/.test(what);
}
