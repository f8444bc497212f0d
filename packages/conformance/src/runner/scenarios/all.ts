import { type Given, isGiven } from '../needs.ts';
import { CHANGED_JAVASCRIPT } from './changed-javascript.ts';
import { CONTROL } from './control.ts';
import { CONVERSIONS } from './conversions.ts';
import { CORPUS } from './corpus.ts';
import { CROWD } from './crowd.ts';
import { DRAINING } from './draining.ts';
import { ERRORS } from './errors.ts';
import { FINALIZERS } from './finalizers.ts';
import { FOREIGN } from './foreign.ts';
import { INSTANCES } from './instances.ts';
import { LISTENERS } from './listeners.ts';
import { ODD_ERRORS } from './odd-errors.ts';
import { ORDINARY_ERRORS } from './ordinary-errors.ts';
import { OWED } from './owed.ts';
import { PANICKING } from './panicking.ts';
import { PERSISTED } from './persisted.ts';
import { PLUGINS } from './plugins.ts';
import { POOLS } from './pools.ts';
import { REGISTRATIONS } from './registrations.ts';
import { REPORTS } from './reports.ts';
import { REVIVE } from './revive.ts';
import type { Scenario } from './scenario.ts';
import { SIBLINGS } from './siblings.ts';
import { STACK } from './stack.ts';
import { STANDBY } from './standby.ts';
import { STARTS } from './starts.ts';
import { SUPERVISION } from './supervision.ts';
import { TRAP_MESSAGES } from './trap-messages.ts';
import { TURNS } from './turns.ts';
import { CAUGHT_IN_DROP, DOUBLE_PANICS, UNWIND_SAFE, UNWINDING_IMPORTS } from './unwinding.ts';

/** All that go with the table, in the order in which they are run. Those of `flat.ts` take longer and are run apart. */
export const SCENARIOS: readonly Scenario[] = [
  ...CONTROL,
  ...TRAP_MESSAGES,
  ...ERRORS,
  ...FOREIGN,
  ...CONVERSIONS,
  ...CROWD,
  ...OWED,
  ...STACK,
  ...FINALIZERS,
  ...UNWIND_SAFE,
  ...DOUBLE_PANICS,
  ...PANICKING,
  ...CORPUS,
  ...ORDINARY_ERRORS,
  ...ODD_ERRORS,
  ...CHANGED_JAVASCRIPT,
  ...REPORTS,
  ...PLUGINS,
  ...REGISTRATIONS,
  ...STARTS,
  ...SUPERVISION,
  ...STANDBY,
  ...LISTENERS,
  ...INSTANCES,
  ...SIBLINGS,
  ...DRAINING,
  ...POOLS,
  ...TURNS,
  ...REVIVE,
  ...PERSISTED,
  ...UNWINDING_IMPORTS,
  ...CAUGHT_IN_DROP,
];

/** Those that can be run where that much is given. */
export function scenariosFor(given: Given): readonly Scenario[] {
  return SCENARIOS.filter((scenario) => isGiven(given, scenario));
}
