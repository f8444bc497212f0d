import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('../plan.mjs').Step} Step */
/** @typedef {import('../plan.mjs').Arg} Arg */
/** @typedef {{ step: string, result: string }} Called */

/** How long a promise may take before it counts as pending. */
const PATIENCE_MS = 300;

/**
 * Runs a plan and notes every result as text: as planned; then with no arguments, which glue and Rust refuse in their own words; then on
 * freed objects. It ends at the first abort: what upstream's output does after one is undefined.
 *
 * @param {Record<string, unknown>} exports
 * @param {Step[]} plan
 * @returns {Promise<Called[]>}
 */
export async function runPlan(exports, plan) {
  /** @type {Called[]} */
  const called = [];
  /** @type {Map<string, object[]>} */
  const objects = new Map();
  const runAll = async (/** @type {string} */ title, /** @type {Step[]} */ steps) => {
    for (const step of steps) {
      const result = await attempt(() => perform(exports, step, objects));
      called.push({ step: `${title}${stepTitle(step)}`, result });
      if (result === 'abort') return false;
    }
    return true;
  };
  if (!(await runAll('', plan))) return called;
  const without = plan.filter(({ args }) => args.length > 0).map((step) => ({ ...step, args: [] }));
  if (!(await runAll('', without))) return called;
  for (const [name, made] of objects) {
    for (const object of made)
      called.push({ step: `free ${name}`, result: await attempt(() => Reflect.get(object, 'free')?.call(object)) });
  }
  const members = plan.filter(({ on, how }) => on !== undefined && how !== 'new');
  await runAll('freed: ', members);
  return called;
}

/** @param {Step} step */
function stepTitle({ how, on, path, args }) {
  return `${how} ${on ? `${on}#` : ''}${path.join('.')}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`;
}

/**
 * @param {Record<string, unknown>} exports
 * @param {Step} step
 * @param {Map<string, object[]>} objects made so far, by class
 */
function perform(exports, step, objects) {
  const args = step.args.map((arg) => argument(arg, objects));
  let owner = step.on ? objects.get(step.on)?.at(-1) : exports;
  if (!owner) return `no ${step.on}`;
  for (const name of step.path.slice(0, -1)) owner = /** @type {object} */ (Reflect.get(owner ?? {}, name));
  const name = step.path.at(-1) ?? '';
  if (step.how === 'get') return Reflect.get(owner, name, owner);
  if (step.how === 'set') return Reflect.set(owner, name, args[0], owner);
  const target = Reflect.get(owner, name, owner);
  const value = step.how === 'new' ? Reflect.construct(target, args) : Reflect.apply(target, owner, args);
  if (value && typeof value === 'object' && typeof Reflect.get(value, 'free') === 'function') {
    const known = value.constructor.name;
    for (const key of new Set([known, step.name ?? known])) objects.set(key, [...(objects.get(key) ?? []), value]);
  }
  return value;
}

/**
 * @param {Arg} arg
 * @param {Map<string, object[]>} objects
 * @returns {unknown}
 */
function argument(arg, objects) {
  if ('value' in arg) return arg.value;
  if ('bigint' in arg) return BigInt(arg.bigint);
  if ('typed' in arg) return Reflect.construct(Reflect.get(globalThis, arg.typed), [3]);
  if ('list' in arg) return arg.list.map((each) => argument(each, objects));
  // Passing an object by value uses it up, so the one to pass is taken away.
  if ('instance' in arg) return objects.get(arg.instance)?.pop();
  if ('callback' in arg) return () => 7;
  return 'object' in arg ? {} : undefined;
}

/** @param {() => unknown} work */
async function attempt(work) {
  try {
    const value = work();
    if (!(value instanceof Promise)) return show(value);
    const settled = await Promise.race([value.then((inner) => `resolves ${show(inner)}`), sleep(PATIENCE_MS, 'pending', { ref: true })]);
    return settled;
  } catch (error) {
    return failure(error);
  }
}

/**
 * The same failure reads the same on both sides, though the transformed package says more about it.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function failure(error) {
  if (!(error instanceof Error)) return `throws ${show(error)}`;
  const code = Reflect.get(error, 'code');
  if (error instanceof WebAssembly.RuntimeError || code === 'REVIVE_ABORT' || code === 'REVIVE_INSTANCE_LOST') return 'abort';
  if (error instanceof RangeError && /call stack/.test(error.message)) return 'abort';
  if (error.name === 'PanicError' || code === 'REVIVE_PANIC') return `panic: ${error.message.split('\n')[0]}`;
  return `throws ${error.name}: ${error.message}`;
}

/**
 * @param {unknown} value
 * @param {number} [depth]
 * @returns {string}
 */
function show(value, depth = 0) {
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'symbol' || typeof value === 'bigint') return `${typeof value} ${String(value)}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} ${String(value)}`;
  if (Array.isArray(value) && depth < 3) return `[${value.map((each) => show(each, depth + 1)).join(', ')}]`;
  const name = value.constructor?.name ?? 'null';
  return name === 'Object' && depth < 3
    ? `{${Object.entries(value)
        .map(([key, each]) => `${key}: ${show(each, depth + 1)}`)
        .join(', ')}}`
    : `a ${name} with ${Reflect.ownKeys(value)
        .filter((key) => Reflect.getOwnPropertyDescriptor(value, key)?.enumerable)
        .map(String)
        .join(', ')}`;
}
