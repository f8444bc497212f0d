import {
  checkContract,
  checkCrates,
  describedModule,
  type Factory,
  type InstanceView,
  type ModuleDescription,
  type Plugin,
} from '@wasm-revive/kernel';
import { type Application, ModuleApplication } from './application.js';
import { type ReviveOptions, reviveOf } from './control.js';
import { Emitter } from './events.js';
import { Place, type Shared } from './place.js';
import { managerPlugin } from './plugin.js';
import { Settings } from './settings.js';
import { Siblings } from './siblings.js';

/** What {@link createManager} is made with. */
export interface ManagerOptions extends ReviveOptions {
  readonly plugins: readonly Plugin[];
}

/**
 * Puts a factory under management.
 * @throws ReviveError `REVIVE_CONTRACT_MISMATCH` when it was generated for another runtime
 */
export function createManager(factory: Factory, description: ModuleDescription, { plugins, ...options }: ManagerOptions): Application {
  checkContract(description);
  const { onCurrent, reinitRequests } = description;
  const module = describedModule(description);
  const places = (): [Place, ...Place[]] => [place, ...siblings.places()];
  const askedByCrate = (view: InstanceView): void => {
    for (const one of places()) one.askedByCrate(view);
  };
  const own = managerPlugin(() => settings.options, reinitRequests === true ? askedByCrate : undefined);
  const settings = new Settings(options, plugins, own);
  const shared: Shared = {
    module,
    factory,
    settings,
    emitter: new Emitter(),
    counts: { failures: 0, recoveries: 0 },
    check: (compiled) => void checkCrates(compiled, settings.hooks.packages),
  };
  const place = new Place(shared, {
    key: undefined,
    advice: 'It is not tried again by itself: call reset() after the reason is gone.',
    keepsReserve: true,
    space: () => module.spaces.next(),
    // Once spaces are used again, older handles may have greater pointers: every handle's owner is to be asked for.
    sendTo: (instance) => onCurrent(instance?.scope.raw, module.spaces.areReused ? Number.POSITIVE_INFINITY : (instance?.base ?? 0)),
    claim: () => application.claim(),
    // Its first instance is given to it.
    isReady: () => false,
    notReady: () => application.notReady(),
  });
  const siblings = new Siblings(shared, { isReady: () => place.slot.generation > 0, notReady: () => application.notReady() });
  const control = reviveOf(shared, places, siblings);
  const application: ModuleApplication = new ModuleApplication(module, place.slot, siblings, control, shared.check);
  return application;
}
