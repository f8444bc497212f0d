// The hooks for Node.js without `module.registerHooks`, which runs them on a thread of their own.
import { Hooks, type ResolveContext, type Resolved } from './hooks.js';
import type { Settings } from './settings.js';

let hooks: Hooks;

/** Called by Node.js, with what `module.register` was given. */
export function initialize(settings: Settings): void {
  hooks = new Hooks(settings);
}

/** Called by Node.js for each import. */
export function resolve(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Promise<Resolved>,
): Promise<Resolved> {
  return hooks.resolveLater(specifier, context, next);
}
