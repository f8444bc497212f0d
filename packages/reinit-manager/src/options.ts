import { bare, type Plugin } from '@wasm-revive/kernel';
import type { CallSite } from './calls.js';
import type { ReviveOptions } from './control.js';
import { checkPool, POOL_OPTIONS } from './pool.js';
import { checkNames, RETRY_OPTIONS } from './retry.js';

/** What may be given for an option, in words, and whether it is that. */
export type Option = readonly [what: string, is: (value: unknown) => boolean];

const OPTIONS: Readonly<Record<keyof ReviveOptions, Option>> = {
  maxRestarts: ['a whole number from 0, or Infinity', isCount],
  withinMs: ['a number of milliseconds above 0', isDuration],
  maxInstances: ['a whole number from 0, or Infinity', isCount],
  idleMs: ['a number of milliseconds above 0', isDuration],
  pool: ['an object { min, max, route }', isObject],
  retry: [
    'an object { idempotent, attempts }, idempotent being an array',
    (value) => isObject(value) && Array.isArray((value as { idempotent?: unknown }).idempotent),
  ],
  onFailure: ['a function', (value) => typeof value === 'function'],
  redact: ['a function', (value) => typeof value === 'function'],
  foreignExceptions: ["'keep' or 'recover'", (value) => value === 'keep' || value === 'recover'],
  staleClosures: ["'ignore' or 'throw'", (value) => value === 'ignore' || value === 'throw'],
};

function isCount(value: unknown): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= 0);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

/**
 * Refuses options that nothing would come of; `undefined` takes one back. Gives what is left when the program changes its objects.
 * @param calls what the module exports
 * @throws TypeError
 */
export function checkOptions(options: ReviveOptions, calls: () => readonly CallSite[]): ReviveOptions {
  checkEach('', options, OPTIONS);
  const pool = options.pool && bare({ ...options.pool });
  const retry = options.retry && bare({ ...options.retry, idempotent: [...options.retry.idempotent] });
  if (pool !== undefined) {
    checkEach('pool.', pool, POOL_OPTIONS);
    checkPool(pool, calls());
  }
  if (retry !== undefined) {
    checkEach('retry.', retry, RETRY_OPTIONS);
    checkNames(retry.idempotent, calls());
  }
  return bare({ ...options, ...(pool && { pool }), ...(retry && { retry }) });
}

/** @param of what the options belong to: `pool.` */
function checkEach(of: string, options: object, known: Readonly<Record<string, Option>>): void {
  for (const [name, value] of Object.entries(options)) {
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (option === undefined) {
      throw new TypeError(`wasm-revive: there is no option "${of}${name}". The options are: ${Object.keys(known).join(', ')}.`);
    }
    const [what, is] = option;
    if (value !== undefined && !is(value)) throw new TypeError(`wasm-revive: ${of}${name} has to be ${what}, not ${show(value)}.`);
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
