/** Rolldown's own development mode (`dev` of `rolldown/experimental`), in which a running program gets patches with the modules that have changed. */
import { readFileSync } from 'node:fs';

/** What Rolldown is given by its user, as far as it is used here. */
interface InputOptions {
  readonly experimental?: { readonly devMode?: unknown };
}

/** Whether it runs in that mode. */
export function isDevelopment(options: unknown): boolean {
  return Boolean((options as InputOptions).experimental?.devMode);
}

/** The address of a wasm file. Note: a patch has no files beside it, and knows no addresses of emitted ones. */
export function inlined(wasm: string): string {
  return JSON.stringify(`data:application/wasm;base64,${readFileSync(wasm, 'base64')}`);
}

/** Ends the instance of glue that is replaced: nothing there says when a module is, so that the new one does it. */
export function rolldownHot(file: string): string {
  return `
{
    const $hot = (globalThis[Symbol.for('wasm-revive.hot')] ??= new Map());
    void $hot.get(${JSON.stringify(file)})?.dispose();
    $hot.set(${JSON.stringify(file)}, __revive);
}
`;
}
