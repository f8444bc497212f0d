/**
 * Runs the suite in whatever JavaScript runtime this is loaded into, and gives the results as data. No built-ins of any runtime, no
 * code from strings, no Wasm from bytes.
 */
import { type CheckResult, Checks, show } from './checks.ts';
import type { Control } from './fixtures.ts';
import { givenHere, isGiven } from './needs.ts';
import { type Ground, runRow } from './row.ts';
import { scenariosFor } from './scenarios/all.ts';
import { FLAT } from './scenarios/flat.ts';
import { ROLLBACK } from './scenarios/rollback.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { TASKS } from './scenarios/tasks.ts';
import { tableRows } from './table.ts';

/** What came of one row or scenario. Plain JSON. */
export interface RowResult {
  readonly id: string;
  readonly checks: readonly CheckResult[];
}

/** Which of them to run. */
export type Wanted = (id: string) => boolean;

/** Runs every row, then every scenario, one after the other, on one package: all that can be run here, and that are wanted. */
export async function* runAll(ground: Ground, wanted: Wanted = () => true): AsyncGenerator<RowResult> {
  const given = givenHere(ground);
  failWithoutEnd(ground);
  for (const { id, kind, way } of tableRows(ground.panic, given)) {
    if (wanted(id)) yield { id, checks: await runRow(ground, kind, way) };
  }
  for (const scenario of scenariosFor(given)) if (wanted(scenario.id)) yield runScenario(ground, scenario);
  // Only where somebody asks for them by name, and so not for everything: other packages don't do that.
  if (!wanted('')) for (const scenario of [...ROLLBACK, ...TASKS]) if (wanted(scenario.id)) yield runScenario(ground, scenario);
}

/** Runs the memory tests. */
export async function* runFlat(ground: Ground): AsyncGenerator<RowResult> {
  const given = givenHere(ground);
  failWithoutEnd(ground);
  for (const scenario of FLAT) if (isGiven(given, scenario)) yield runScenario(ground, scenario);
}

/** The suite fails more often than it goes well. What is wrong with upstream's own output is looked at, too, which has no control handle. */
function failWithoutEnd({ ns }: Ground): void {
  const control = ns.__revive as Control | undefined;
  control?.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
}

async function runScenario(ground: Ground, scenario: Scenario): Promise<RowResult> {
  const { runtime, probe } = ground;
  const checks = new Checks();
  runtime.takeUncaught();
  probe.takeViolations();
  try {
    await scenario.run(ground, checks);
  } catch (error) {
    checks.that('I2', 'the scenario can be run to its end', () => `threw ${show(error)} ${error instanceof Error ? error.stack : ''}`);
  }
  await runtime.turn();
  const [uncaught, violations] = [runtime.takeUncaught(), probe.takeViolations()];
  checks.that('I5', 'nothing reaches the process', () => uncaught.length === 0 || `uncaught: ${uncaught.map(show).join('; ')}`);
  checks.that('I3', 'no instruction of a lost instance ran', () => violations.length === 0 || violations.slice(0, 5).join('; '));
  return { id: scenario.id, checks: checks.results };
}
