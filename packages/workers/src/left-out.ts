/**
 * What can be left out of a Worker: the build defines these names as `false` where `wasm-revive.workers.js` has no use for a part. See `left-out.ts` of the
 * reinit-manager.
 */
import type { ServeOptions } from './options.js';

declare const WASM_REVIVE_ANALYTICS: boolean | undefined;
declare const WASM_REVIVE_CLASS_OPTIONS: boolean | undefined;
declare const WASM_REVIVE_QUARANTINE: boolean | undefined;
declare const WASM_REVIVE_SIBLINGS: boolean | undefined;
declare const WASM_REVIVE_WORKFLOWS: boolean | undefined;

export const WITH_ANALYTICS: boolean = typeof WASM_REVIVE_ANALYTICS === 'undefined' || WASM_REVIVE_ANALYTICS;
export const WITH_CLASS_OPTIONS: boolean = typeof WASM_REVIVE_CLASS_OPTIONS === 'undefined' || WASM_REVIVE_CLASS_OPTIONS;
export const WITH_QUARANTINE: boolean = typeof WASM_REVIVE_QUARANTINE === 'undefined' || WASM_REVIVE_QUARANTINE;
export const WITH_OBJECTS: boolean = typeof WASM_REVIVE_SIBLINGS === 'undefined' || WASM_REVIVE_SIBLINGS;
export const WITH_WORKFLOWS: boolean = typeof WASM_REVIVE_WORKFLOWS === 'undefined' || WASM_REVIVE_WORKFLOWS;

/**
 * Refuses options for which the build has seen no use.
 * @throws TypeError
 */
export function checkLeftOut({ analytics, durableObjects, objects = [], quarantine, workflows = [] }: ServeOptions): void {
  const asked: readonly (readonly [option: string, isAsked: boolean, isThere: boolean])[] = [
    ['analytics', analytics !== undefined, WITH_ANALYTICS],
    ['durableObjects', durableObjects !== undefined, WITH_CLASS_OPTIONS && WITH_QUARANTINE],
    ['objects', objects.length > 0, WITH_OBJECTS],
    ['quarantine', quarantine !== undefined && quarantine !== false, WITH_QUARANTINE],
    ['workflows', workflows.length > 0, WITH_WORKFLOWS],
  ];
  const missing = asked.find(([, isAsked, isThere]) => isAsked && !isThere);
  if (missing === undefined) return;
  throw new TypeError(
    `wasm-revive: what the option ${missing[0]} needs was left out of this Worker, for wasm-revive.workers.js had no such option when it was built. ` +
      'Have it export an object with that name in it, and build again.',
  );
}
