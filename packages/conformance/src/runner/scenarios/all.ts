import { CONTROL } from './control.ts';
import { CROWD } from './crowd.ts';
import { ERRORS } from './errors.ts';
import { FINALIZERS } from './finalizers.ts';
import type { Scenario } from './scenario.ts';
import { STACK } from './stack.ts';

/** The scenarios that go with the table, in the order they are run. Those of `flat.ts` take longer and are run apart. */
export const SCENARIOS: readonly Scenario[] = [...CONTROL, ...ERRORS, ...CROWD, ...STACK, ...FINALIZERS];
