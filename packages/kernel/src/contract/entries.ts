import type { Entry, ModuleDescription, Scope } from './contract.js';

/** Those of modules whose scopes were asked: the same in each scope. To read them off a scope takes as long as to make an instance. */
const known = new WeakMap<ModuleDescription, readonly Entry[]>();

/** What can be entered of a module, in the order in which the guards of a scope know it. */
export function entriesOf(description: ModuleDescription, scope: Scope): readonly Entry[] {
  const found = known.get(description);
  if (found !== undefined) return found;
  const entries = scope.entries?.() ?? description.entries ?? [];
  known.set(description, entries);
  return entries;
}
