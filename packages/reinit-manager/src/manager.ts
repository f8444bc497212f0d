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
import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { type ReviveOptions, reviveOf } from './control.js';
import { Emitter } from './events.js';
import { Closing } from './leaving/closing.js';
import { NEVER_CLOSED } from './leaving/none-leave.js';
import { type Public, WITH_CONTROL, WITH_LEAVING, WITH_SIBLINGS } from './left-out.js';
import { Place, type Shared } from './place/place.js';
import { managerPlugin } from './plugin.js';
import { Calls } from './pool/calls.js';
import { DirectRouter } from './pool/direct-router.js';
import { Router } from './pool/router.js';
import { Settings } from './settings.js';
import { MemoryBudget } from './siblings/memory-budget.js';
import { NO_SIBLINGS } from './siblings/no-siblings.js';
import { Siblings } from './siblings/siblings.js';

/** What {@link createManager} is made with. */
export interface ManagerOptions extends ReviveOptions {
  readonly plugins: readonly Plugin[];
  /** Default: the time and the chance of the program. */
  readonly clock?: Clock;
}

/**
 * Puts a factory under management.
 * @throws ReviveError `REVIVE_CONTRACT_MISMATCH` when it was generated for another runtime
 */
export function createManager(
  factory: Factory,
  description: ModuleDescription,
  { plugins, clock = SYSTEM_CLOCK, ...options }: ManagerOptions,
): Application {
  checkContract(description);
  const { reinitRequests } = description;
  const module = describedModule(description);
  const places = (): [Place, ...Place[]] => [place, ...new Set([...siblings.places(), ...router.places()])];
  const placeOf = new WeakMap<InstanceView, Place>();
  const turnEnded = (view: InstanceView): void => placeOf.get(view)?.committed(view);
  const asked = reinitRequests === true ? (view: InstanceView) => placeOf.get(view)?.askedByCrate(view) : undefined;
  const calls = WITH_CONTROL ? callsOf(factory) : undefined;
  const settings: Settings = new Settings(
    options,
    plugins,
    (given) => managerPlugin(given, turnEnded, asked),
    () => calls?.().sites ?? [],
  );
  const emitter = new Emitter();
  const shared: Shared = {
    module,
    factory,
    settings,
    emitter,
    counts: { failures: 0, recoveries: 0 },
    closing: WITH_LEAVING ? new Closing(description.name, places, () => settings.options.drainMs) : NEVER_CLOSED,
    places,
    placeOf,
    clock,
    budget: new MemoryBudget({
      emitter,
      limitMiB: () => settings.options.memoryBudgetMiB,
      places,
      seated: () => siblings.seated,
      maySpare: (sibling) => router.maySpare(sibling),
      giveUp: (sibling, reason) => siblings.giveUp(sibling, reason),
    }),
    check: (compiled) => void checkCrates(compiled, settings.hooks.packages),
  };
  const place = new Place(shared, {
    key: undefined,
    advice: 'It is not tried again by itself: call reset() after the reason is gone.',
    standsBy: true,
    space: () => module.spaces.next(),
    sendTo: (instance) => router.sendTo(instance),
    started: () => router.started(),
    claim: () => application.claim(),
    // Its first instance is given to it.
    isReady: () => false,
    notReady: () => application.notReady(),
  });
  const siblings: Public<Siblings> = WITH_SIBLINGS
    ? new Siblings(shared, {
        isReady: () => place.slot.generation > 0,
        notReady: () => application.notReady(),
        asks: () => router.repeats,
        api: (sibling, serving) => router.apiOf(sibling, serving),
        maySpare: (sibling) => router.maySpare(sibling),
      })
    : NO_SIBLINGS;
  const router: DirectRouter =
    WITH_CONTROL && calls !== undefined ? new Router(shared, place, siblings, calls) : new DirectRouter(shared, place);
  const control = reviveOf(shared, places, siblings, router);
  const application: ModuleApplication = new ModuleApplication(module, place.slot, siblings, router.live, control, shared.check);
  return application;
}

/** What a module exports, read off when it is needed. */
function callsOf(factory: Factory): () => Calls {
  let known: Calls | undefined;
  return () => {
    known ??= new Calls(factory);
    return known;
  };
}
