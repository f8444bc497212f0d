import type { ModuleDescription } from './contract.js';
import type { SharedRegistry } from './finalizers.js';
import type { Owner } from './instance.js';
import { bare, freeze } from './intrinsics.js';

/** A module: what all of its instances share. */
export interface Module {
  readonly description: ModuleDescription;
  /** What plugins see of it. */
  readonly facts: ModuleFacts;
  /** The compiled module; undefined where the program has made the first instance and kept it, until it is read again. */
  compiled: WebAssembly.Module | undefined;
  /** The finalizers of all generations, by their place in the glue. */
  readonly registries: SharedRegistry[];
  /** Who answers for an instance that is there, by its space. */
  readonly owners: Map<number, Owner>;
  /** The exports of the module that are stack pointers, once an instance of it has been looked at. */
  stackPointers: readonly string[] | undefined;
}

/** What the transform found out about a module, as plugins see it. */
export type ModuleFacts = Pick<ModuleDescription, 'name' | 'build' | 'formatters' | 'panicCount' | 'exceptions'>;

/** Whether a module catches panics: it was built with panic=unwind. */
export function catchesPanics({ exceptions }: Pick<ModuleFacts, 'exceptions'>): boolean {
  return exceptions !== undefined;
}

/** Makes a {@link Module} of what generated code says of it. */
export function describedModule(description: ModuleDescription): Module {
  return bare({
    description,
    facts: factsOf(description),
    compiled: undefined,
    registries: [],
    owners: new Map(),
    stackPointers: undefined,
  });
}

function factsOf({ name, build, formatters, panicCount, exceptions }: ModuleDescription): ModuleFacts {
  return freeze(
    bare({
      name,
      ...(build && { build }),
      ...(formatters && { formatters }),
      ...(panicCount !== undefined && { panicCount }),
      ...(exceptions && { exceptions }),
    }),
  );
}
