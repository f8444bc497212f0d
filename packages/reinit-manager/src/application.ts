import type { Api, GuardedExports } from '@wasm-revive/kernel';
import type { Revive } from './control.js';

/** A module under management, as its façade uses it. */
export interface Application {
  /** The control handle, exported as `__revive`. */
  readonly control: Revive;
  /**
   * Refuses an engine that can't run the module, where the module is compiled before anything else is asked of the manager.
   * Throws `REVIVE_UNSUPPORTED_ENGINE`.
   */
  checkEngine(): void;
  /**
   * Imports for an instance that the caller makes, perhaps asynchronously, and gives to {@link adopt} together with them.
   * Throws `REVIVE_UNSUPPORTED_ENGINE`.
   */
  prepare(): WebAssembly.Imports;
  /** Starts an instance that was made with prepared imports. Ignored when another one serves by then. */
  adopt(imports: WebAssembly.Imports, instance: WebAssembly.Instance, module: WebAssembly.Module): void;
  /**
   * Instantiates a module and starts the instance. Where the engine only does that asynchronously, gives a promise of it; that may be left alone,
   * for calls are refused with `REVIVE_NOT_READY` until then, and with why it failed from then on.
   */
  boot(module: WebAssembly.Module): Promise<void> | undefined;
  /**
   * Takes over the instance that an engine, a bundler or a program has made of the wasm file, where there is one, and else makes one.
   * @param source what `import * as wasm from './app_bg.wasm'` gave, or the exports of an instance
   * @param module undefined or null: there is none to be had
   * @param imports prepared ones, with which the instance was made; undefined when it can't be guarded
   * @param start false: the program has made the instance by itself, and will start it
   */
  bootFrom(
    source: object,
    module: WebAssembly.Module | null | undefined,
    imports: WebAssembly.Imports | undefined,
    start: boolean,
  ): Promise<void> | undefined;
  /** The functions to forward to; makes a fresh instance when the last one was lost. Throws `REVIVE_NOT_READY`, `REVIVE_NO_INSTANCE` or `REVIVE_CRASH_LOOP`. */
  wake(): Api;
  /** The functions for a handle, by its pointer. Throws `REVIVE_STALE_HANDLE` when what it points to is gone. */
  owner(pointer: unknown, what: string): Api;
  /** Whether a pointer, of a handle, points to something that is gone. */
  isGone(pointer: unknown): boolean;
  /** The guarded exports of the instance that serves. */
  exports(): GuardedExports;
}
