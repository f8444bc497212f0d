/**
 * What can be left out of a bundle. Whoever bundles the runtime, and knows that nothing of a part is used, defines its name as `false` (esbuild's `--define`).
 * With nothing defined, everything is there. Note: a constant for each, and no object, so that a minifier sees what is not reached.
 */
import { bare } from '@wasm-revive/kernel';

declare const WASM_REVIVE_CONTROL: boolean | undefined;
declare const WASM_REVIVE_CRATES: boolean | undefined;
declare const WASM_REVIVE_EXCEPTIONS: boolean | undefined;
declare const WASM_REVIVE_SIBLINGS: boolean | undefined;

/**
 * Whether the program may reach the control handle. Else what only that can ask for is left out: options but three, pools, calls
 * that are run again, recycling, draining, plugins.
 */
export const WITH_CONTROL: boolean = typeof WASM_REVIVE_CONTROL === 'undefined' || WASM_REVIVE_CONTROL;

/** Whether the module may have been built with a crate of this project: by those Rust asks for fresh instances, and persists values. */
export const WITH_CRATES: boolean = typeof WASM_REVIVE_CRATES === 'undefined' || WASM_REVIVE_CRATES;

/** Whether the module catches anything, for which the engine has to know its encoding of exceptions. */
export const WITH_EXCEPTIONS: boolean = typeof WASM_REVIVE_EXCEPTIONS === 'undefined' || WASM_REVIVE_EXCEPTIONS;

/** Whether there may be instances of keys. */
export const WITH_SIBLINGS: boolean = WITH_CONTROL || typeof WASM_REVIVE_SIBLINGS === 'undefined' || WASM_REVIVE_SIBLINGS;

/** Whether an instance that is well may be asked to go, with time for the calls in flight. */
export const WITH_LEAVING: boolean = WITH_CONTROL || WITH_CRATES;

/** What others see of a class. */
export type Public<T> = Pick<T, keyof T>;

/** The options that are left. */
const OPTIONS_LEFT: readonly string[] = ['maxInstances', 'memoryBudgetMiB', 'recovery'];

/** In place of `checkOptions`. @throws TypeError */
export function optionsLeft<Options extends object>(options: Options): Options {
  const other = Object.keys(options).find((name) => !OPTIONS_LEFT.includes(name));
  if (other !== undefined) throw leftOut(`the option ${other}`);
  return bare({ ...options });
}

/** The error of somebody who uses what was left out. */
export function leftOut(what: string): TypeError {
  return new TypeError(
    `wasm-revive: ${what} was left out of this bundle, for nothing was seen to use it. In a Worker, \`setup\` or \`revive\` in wasm-revive.workers.js keeps it in.`,
  );
}
