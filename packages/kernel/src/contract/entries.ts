import type { Entry, ModuleDescription, Scope } from './contract.js';

/** What can be entered of a module, in the order in which the guards of a scope know it. */
export function entriesOf(description: ModuleDescription, scope: Scope): readonly Entry[] {
  return scope.entries?.() ?? description.entries ?? [];
}
