import type { ModuleDescription } from '../contract/contract.js';
import type { SharedRegistry } from '../instance/finalizers.js';
import type { Owner } from '../instance/instance.js';
import { bare, freeze } from '../program/intrinsics.js';
import { Spaces } from './spaces.js';

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
  /** Those of the instances that the module's own exports lead to. */
  readonly spaces: Spaces;
  /** Those of siblings. */
  readonly keyedSpaces: Spaces;
  /** The exports of the module that are stack pointers, once an instance of it has been looked at. */
  stackPointers: readonly string[] | undefined;
}

/** What the transform found out about a module, as plugins see it. */
export type ModuleFacts = Pick<ModuleDescription, 'name' | 'build' | 'formatters' | 'panicCount' | 'exceptions'>;

/** Whether a module catches panics: it was built with panic=unwind. */
export function catchesPanics({ exceptions }: Pick<ModuleFacts, 'exceptions'>): boolean {
  return exceptions !== undefined && exceptions.importsOnly !== true;
}

/** Makes a {@link Module} of what generated code says of it. */
export function describedModule(description: ModuleDescription): Module {
  const shared: Pick<Module, 'description' | 'owners' | 'registries'> = { description, registries: [], owners: new Map() };
  return bare({
    ...shared,
    facts: factsOf(description),
    compiled: undefined,
    spaces: new Spaces(shared, false),
    keyedSpaces: new Spaces(shared, true),
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
