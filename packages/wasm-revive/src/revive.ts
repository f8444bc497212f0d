import { abortDetector } from '@wasm-revive/abort-detector';
import { matchedPackage, shim } from '@wasm-revive/entrypoint-shim';
import { bare, type Factory, type GuardedExports, type ModuleDescription, type Plugin } from '@wasm-revive/kernel';
import { type Application, createManager, type ReviveOptions } from '@wasm-revive/reinit-manager';
import { unwindCatcher } from '@wasm-revive/unwind-catcher';
import manifest from '../package.json' with { type: 'json' };

declare const WASM_REVIVE_EXCEPTIONS: boolean | undefined;

/** Whether a panic may unwind. See `left-out.ts` of the reinit-manager. */
const WITH_PANICS = typeof WASM_REVIVE_EXCEPTIONS === 'undefined' || WASM_REVIVE_EXCEPTIONS;

/** No hooks: the composition says which crates it is matched with. */
const COMPOSITION: readonly Plugin[] = [
  { name: 'wasm-revive', package: { name: 'wasm-revive', version: manifest.version, crate: 'wasm-revive' } },
  { name: 'entrypoint-shim', package: matchedPackage },
];

/** What {@link revive} is made with. */
export interface ReviveFactoryOptions extends ReviveOptions {
  /** In place of the default set, {@link defaultPlugins}. */
  readonly plugins?: readonly Plugin[];
}

/** A module that recovers, as its façade uses it. */
export interface RevivedModule extends Application {
  /** What `init()` gives in plain glue: the raw exports, here behind their guards, of whichever instance serves. */
  readonly wasm: GuardedExports;
}

const NO_OPTIONS: ReviveFactoryOptions = bare({});

/** Panics caught, aborts detected. */
export function defaultPlugins(): Plugin[] {
  return WITH_PANICS ? [unwindCatcher(), abortDetector()] : [abortDetector()];
}

/**
 * Puts a factory (wasm-bindgen's glue as a function, made by `wasm-revive transform`) under management.
 * Generated façades call this; programs meet it as `__revive`, its control handle.
 */
export function revive(factory: Factory, description: ModuleDescription, options: ReviveFactoryOptions = NO_OPTIONS): RevivedModule {
  const { plugins = defaultPlugins(), ...rest } = options;
  const application = createManager(factory, description, { ...rest, plugins: [...plugins, ...COMPOSITION] });
  return Object.assign(application, { wasm: shim(() => application.exports()) });
}
