import type { Attributes } from '@opentelemetry/api';
import { isError, isReviveError } from '@wasm-revive/kernel';

/** Fields that several events of the control handle have. */
interface CommonFields {
  readonly instance?: string;
  readonly generation?: number;
  readonly entrypoint?: string;
  readonly attempt?: number;
}

/** The attributes of a span event: the fields that several events have, as far as they are known, and others. */
export function eventAttributes(
  module: string,
  { instance, generation, entrypoint, attempt }: CommonFields,
  others: Attributes = {},
): Attributes {
  return known({
    'wasm_revive.module': module,
    'wasm_revive.instance': instance,
    'wasm_revive.generation': generation,
    'wasm_revive.entrypoint': entrypoint,
    'wasm_revive.attempt': attempt,
    ...others,
  });
}

/** The attributes of an error that an event reports. The semantic conventions have no name for its message: they ask for one of our own. */
export function errorAttributes(error: unknown): Attributes {
  return { 'error.type': errorType(error), 'wasm_revive.error.message': isError(error) ? error.message : undefined };
}

/** The code of an error of ours, the name of any other: few values, so that metrics can have it. */
export function errorType(error: unknown): string {
  if (isReviveError(error)) return error.code;
  return isError(error) ? error.name : '_OTHER';
}

/** Leaves out attributes that are undefined. */
export function known(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
