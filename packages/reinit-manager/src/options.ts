import { bare, type CheckpointPolicy, complain, type Plugin } from '@wasm-revive/kernel';
import type { RecoveryChoice, ReviveOptions } from './control.js';
import type { DrainOptions } from './leaving/closing.js';
import type { RecycleOptions } from './leaving/recycling.js';
import type { CallSite } from './pool/calls.js';
import { checkPool, POOL_OPTIONS } from './pool/pool.js';
import { checkNames, RETRY_OPTIONS } from './pool/retry.js';

/** What may be given for an option, in words, and whether it is that. */
export type Option = readonly [what: string, is: (value: unknown) => boolean];

export type Checks<Options> = Readonly<Record<keyof Options, Option>>;

/** Note: on its own, for to read a property of the table would keep that in every bundle. */
const DRAIN_MS: Option = ['a number of milliseconds from 0', isTime];

/** Those of a module. */
export const OPTIONS: Checks<ReviveOptions> = {
  maxRestarts: ['a whole number from 0, or Infinity', isCount],
  withinMs: ['a number of milliseconds above 0', isDuration],
  consecutiveFailures: ['a whole number from 1, or Infinity', (value) => isCount(value) && value !== 0],
  backoffMs: ['a number of milliseconds above 0', isDuration],
  maxBackoffMs: ['a number of milliseconds above 0', isDuration],
  standby: ['a whole number from 0, or { count, maxBytes?, started? }', isStandby],
  maxInstances: ['a whole number from 0, or Infinity', isCount],
  memoryBudgetMiB: ['a number of MiB above 0', isDuration],
  idleMs: ['a number of milliseconds above 0', isDuration],
  drainMs: DRAIN_MS,
  recycle: ['an object', isObject],
  pool: ['an object { min, max, route }', isObject],
  retry: [
    'an object { idempotent, attempts }, idempotent being an array',
    (value) => isObject(value) && Array.isArray((value as { idempotent?: unknown }).idempotent),
  ],
  onFailure: ['a function', (value) => typeof value === 'function'],
  redact: ['a function', (value) => typeof value === 'function'],
  foreignExceptions: ["'keep' or 'recover'", (value) => value === 'keep' || value === 'recover'],
  recovery: ["'rollback', 'fresh' or a function", (value) => isRecovery(value) || typeof value === 'function'],
  atomicPanics: ['true or false', (value) => typeof value === 'boolean'],
  checkpoints: ['an object { turns?, ms?, keep? }', isObject],
  maxPersistedBytes: ['a whole number from 0, or Infinity', isCount],
  persist: ['an object whose load and save, where it has them, are functions', isStore],
  staleClosures: ["'ignore' or 'throw'", (value) => value === 'ignore' || value === 'throw'],
};

function isRecovery(value: unknown): value is RecoveryChoice {
  return value === 'rollback' || value === 'fresh';
}

/** What is to be done after an abort of an instance. @param key as the option's function is given it */
export function recoveryOf(recovery: ReviveOptions['recovery'], key: unknown): RecoveryChoice {
  if (typeof recovery !== 'function') return recovery ?? 'rollback';
  try {
    const answer: unknown = recovery(key);
    if (isRecovery(answer)) return answer;
    complain('the option recovery was ignored', new TypeError(`it has to give 'rollback' or 'fresh', not ${show(answer)}`));
  } catch (error) {
    complain('the option recovery threw', error);
  }
  return 'fresh';
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function isCount(value: unknown): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= 0);
}

const RECYCLE: Checks<RecycleOptions> = {
  memoryBytes: ['a number of bytes above 0', isDuration],
  turns: ['a whole number from 1', (value) => isCount(value) && value !== 0],
  ageMs: ['a number of milliseconds above 0', isDuration],
};

const CHECKPOINTS: Checks<CheckpointPolicy> = {
  turns: ['a whole number from 1', (value) => isCount(value) && value !== 0],
  ms: ['a number of milliseconds above 0', isDuration],
  keep: ['a whole number from 1', (value) => isCount(value) && value !== 0],
};

const DRAIN: Checks<DrainOptions> = { drainMs: DRAIN_MS };

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

function isStore(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { load, save } = value as Record<string, unknown>;
  return [load, save].every((one) => one === undefined || typeof one === 'function');
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
 * Refuses options that nothing would come of; `undefined` takes one back. Gives what is left when the program changes its objects.
 * @param calls what the module exports
 * @throws TypeError
 */
export function checkOptions(options: ReviveOptions, calls: () => readonly CallSite[]): ReviveOptions {
  check('', OPTIONS, options);
  const recycle = options.recycle && bare({ ...options.recycle });
  const checkpoints = options.checkpoints && bare({ ...options.checkpoints });
  const pool = options.pool && bare({ ...options.pool });
  const retry = options.retry && bare({ ...options.retry, idempotent: [...options.retry.idempotent] });
  if (recycle !== undefined) check('recycle.', RECYCLE, recycle);
  if (checkpoints !== undefined) {
    check('checkpoints.', CHECKPOINTS, checkpoints);
    if (checkpoints.turns === undefined && checkpoints.ms === undefined)
      throw new TypeError(
        'wasm-revive: the option checkpoints says neither after how many `turns` nor after how many `ms` a state is kept.',
      );
  }
  if (pool !== undefined) {
    check('pool.', POOL_OPTIONS, pool);
    checkPool(pool, calls());
  }
  if (retry !== undefined) {
    check('retry.', RETRY_OPTIONS, retry);
    checkNames(retry.idempotent, calls());
  }
  return bare({
    ...options,
    ...(recycle && { recycle }),
    ...(checkpoints && { checkpoints }),
    ...(pool && { pool }),
    ...(retry && { retry }),
  });
}

/** The same of what a drain is given. @throws TypeError */
export function checkDrainOptions(options: DrainOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`wasm-revive: options have to be an object, not ${show(options)}.`);
  check('', DRAIN, options);
}

/** Refuses options that there are not, and values that they can't have. @throws TypeError */
export function check<Options extends object>(group: string, checks: Checks<Options>, options: Options): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      const all = Object.keys(checks).map((each) => group + each);
      throw new TypeError(`wasm-revive: there is no option "${group}${name}". The options are: ${all.join(', ')}.`);
    }
    const [what, is] = checks[name as keyof Options];
    if (value !== undefined && !is(value)) throw new TypeError(`wasm-revive: ${group}${name} has to be ${what}, not ${show(value)}.`);
  }
}

const HOOKS = [
  'instantiated',
  'entered',
  'committed',
  'leavesHook',
  'condemns',
  'threw',
  'failed',
  'lost',
  'undone',
] as const satisfies readonly (keyof Plugin)[];

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
