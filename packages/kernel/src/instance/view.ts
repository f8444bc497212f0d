import type { InstanceView } from '../plugin.js';
import { bare, freeze } from '../program/intrinsics.js';
import type { Instance } from './instance.js';

/** What plugins get of an instance, in place of it: from this object nothing else of the instance can be reached. */
export function viewOf(instance: Instance): InstanceView {
  return freeze(
    bare<InstanceView>({
      get key() {
        return instance.owner.key;
      },
      get generation() {
        return instance.generation;
      },
      get state() {
        return instance.state;
      },
      get module() {
        return instance.owner.module.facts;
      },
      get exports() {
        return instance.exports;
      },
      get panicking() {
        return instance.panicking;
      },
      get memoryBytes() {
        return instance.memoryBytes;
      },
      get callsInFlight() {
        return instance.callsInFlight;
      },
    }),
  );
}
