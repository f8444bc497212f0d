import type { Attributes } from '@opentelemetry/api';
import { isError, isReviveError } from '@wasm-revive/kernel';

/** What events of the control handle have in common. */
interface Told {
  readonly instance?: string;
  readonly generation?: number;
  readonly entrypoint?: string;
  readonly attempt?: number;
}

/** The attributes of a span event: what is known of where it was, and what else is to be said. */
export function eventAttributes(module: string, { instance, generation, entrypoint, attempt }: Told, others: Attributes = {}): Attributes {
  return known({
    'wasm_revive.module': module,
    'wasm_revive.instance': instance,
    'wasm_revive.generation': generation,
    'wasm_revive.entrypoint': entrypoint,
    'wasm_revive.attempt': attempt,
    ...others,
  });
}

/** An error that is reported with an event, and was thrown to nobody. The semantic conventions leave the name of its message to us. */
export function errorAttributes(error: unknown): Attributes {
  return { 'error.type': errorType(error), 'wasm_revive.error.message': isError(error) ? error.message : undefined };
}

/** Of few values: an error of ours by its code, any other by its name. */
export function errorType(error: unknown): string {
  if (isReviveError(error)) return error.code;
  return isError(error) ? error.name : '_OTHER';
}

/** Without those that are undefined. */
export function known(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
