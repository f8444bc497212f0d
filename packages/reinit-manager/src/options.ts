import type { Plugin } from '@wasm-revive/kernel';
import type { ReviveOptions } from './control.js';

/** What may be given for each option, in words, and whether it is that. */
const OPTIONS: Readonly<Record<keyof ReviveOptions, readonly [what: string, is: (value: unknown) => boolean]>> = {
  maxRestarts: ['a whole number from 0, or Infinity', isCount],
  withinMs: ['a number of milliseconds above 0', isDuration],
  consecutiveFailures: ['a whole number from 1, or Infinity', (value) => isCount(value) && value !== 0],
  backoffMs: ['a number of milliseconds above 0', isDuration],
  maxBackoffMs: ['a number of milliseconds above 0', isDuration],
  standby: ['a whole number from 0, or { count, maxBytes?, started? }', isStandby],
  maxInstances: ['a whole number from 0, or Infinity', isCount],
  idleMs: ['a number of milliseconds above 0', isDuration],
  onFailure: ['a function', (value) => typeof value === 'function'],
  redact: ['a function', (value) => typeof value === 'function'],
  foreignExceptions: ["'keep' or 'recover'", (value) => value === 'keep' || value === 'recover'],
  staleClosures: ["'ignore' or 'throw'", (value) => value === 'ignore' || value === 'throw'],
};

function isCount(value: unknown): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= 0);
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

function isStandby(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Number.isInteger(value) && Number(value) >= 0;
  const { count, maxBytes, started, ...others } = value as Record<string, unknown>;
  return (
    isStandby(count) &&
    typeof count === 'number' &&
    (maxBytes === undefined || (typeof maxBytes === 'number' && maxBytes >= 0)) &&
    (started === undefined || typeof started === 'boolean') &&
    Object.keys(others).length === 0
  );
}

/**
 * Refuses options that nothing would come of; `undefined` takes one back.
 * @throws TypeError
 */
export function checkOptions(options: ReviveOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      throw new TypeError(`wasm-revive: there is no option "${name}". The options are: ${Object.keys(OPTIONS).join(', ')}.`);
    }
    const [what, is] = OPTIONS[name as keyof ReviveOptions];
    if (value !== undefined && !is(value)) throw new TypeError(`wasm-revive: ${name} has to be ${what}, not ${show(value)}.`);
  }
}

const HOOKS = ['instantiated', 'entered', 'committed', 'threw', 'failed', 'lost'] as const satisfies readonly (keyof Plugin)[];

/**
 * Refuses what is no plugin. What else an object has besides hooks is its own.
 * @throws TypeError
 */
export function checkPlugin(plugin: Plugin): void {
  if (typeof plugin !== 'object' || plugin === null) throw new TypeError(`wasm-revive: a plugin has to be an object, not ${show(plugin)}.`);
  if (typeof plugin.name !== 'string')
    throw new TypeError(`wasm-revive: the name of a plugin has to be a string, not ${show(plugin.name)}.`);
  const { package: from } = plugin;
  if (from !== undefined && !(['name', 'version', 'crate'] as const).every((key) => typeof from?.[key] === 'string')) {
    throw new TypeError(`wasm-revive: package of the plugin ${plugin.name} has to have a name, a version and a crate, each a string.`);
  }
  for (const hook of HOOKS) {
    const value: unknown = plugin[hook];
    if (value === undefined || typeof value === 'function') continue;
    throw new TypeError(`wasm-revive: ${hook} of the plugin ${plugin.name} has to be a function, not ${show(value)}.`);
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : typeof value === 'object' && value !== null ? 'an object' : String(value);
}
