import { lookAt } from '@wasm-revive/kernel';

/** A key in messages and reports: a text as it is, anything else as JavaScript writes it. */
export function keyText(key: unknown): string {
  return typeof key === 'string' ? key : lookAt(() => String(key), `(${typeof key})`);
}
