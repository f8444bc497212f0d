/** `--recovery rollback` in every engine, on every target, in both panic modes, with a log and with copies: by pairs. */
import { join } from 'node:path';
import { inject, it } from 'vitest';
import { nodeVersion, otherNodeMajors, RUNNING_NODE } from '../src/drive/paths.ts';
import { browser, nodeJs, otherRuntimes, type TestRuntime, WORKERD } from '../src/drive/runtimes.ts';
import { declareTests } from '../src/drive/table-tests.ts';
import type { Target } from '../src/hosts/node.ts';
import type { PanicMode } from '../src/runner/kinds.ts';
import { OWED } from '../src/runner/scenarios/owed.ts';
import { ROLLBACK } from '../src/runner/scenarios/rollback.ts';
import { TASKS } from '../src/runner/scenarios/tasks.ts';
import { UNWIND_SAFE } from '../src/runner/scenarios/unwinding.ts';

const [running, newest] = [nodeJs(RUNNING_NODE), nodeJs(nodeVersion(Math.max(...otherNodeMajors())))];

const RUNS: readonly (readonly [TestRuntime, Target, PanicMode])[] = [
  [running, 'web', 'abort'],
  [running, 'nodejs', 'unwind'],
  [newest, 'module', 'abort'],
  [newest, 'bundler', 'unwind'],
  [otherRuntimes('bun'), 'nodejs', 'abort'],
  [otherRuntimes('bun'), 'bundler', 'unwind'],
  [otherRuntimes('deno'), 'web', 'unwind'],
  [WORKERD, 'bundler', 'abort'],
  [WORKERD, 'module', 'unwind'],
  [browser('chromium'), 'web', 'abort'],
  [browser('chromium'), 'web', 'unwind'],
  [browser('firefox'), 'web', 'abort'],
  [browser('firefox'), 'web', 'unwind'],
];

/** With `--commit copy`. Note: the first instance of the bundler target may be the engine's, whose globals nobody can put back. */
const COPIES: readonly (readonly [TestRuntime, Target, PanicMode])[] = [
  [running, 'nodejs', 'abort'],
  [newest, 'module', 'unwind'],
  [otherRuntimes('bun'), 'nodejs', 'unwind'],
  [otherRuntimes('deno'), 'web', 'abort'],
  [WORKERD, 'module', 'abort'],
  [browser('chromium'), 'web', 'unwind'],
  [browser('firefox'), 'web', 'abort'],
];

const ALL = [...RUNS.map((run) => [...run, 'rollback'] as const), ...COPIES.map((run) => [...run, 'copy'] as const)];

/** Of those that are run on other packages, what is about promises: the same holds here. */
const SETTLED = [...OWED, ...UNWIND_SAFE].filter(({ id }) =>
  ['a panic that drops what was to settle a promise, in a task', 'Rust throws on purpose in a later poll'].includes(id),
);

for (const [runtime, target, panic, commit] of ALL) {
  const place = `${commit} › ${target} › panic=${panic} › ${runtime.name}`;
  if (runtime.missing !== undefined) {
    if (process.env.CI !== undefined) throw new Error(runtime.missing);
    it.skip(`${place}: ${runtime.missing}`);
    continue;
  }
  for (const [folder, scenarios] of [
    [commit, [...ROLLBACK, ...SETTLED]],
    [`${commit}/revive`, TASKS],
  ] as const) {
    declareTests(scenarios, place, () =>
      runtime.run(
        join(inject('transformed'), folder, panic, target),
        target,
        panic,
        scenarios.map(({ id }) => id),
      ),
    );
  }
}
