/** `--recovery rollback` in every engine, on every target, in both panic modes: by pairs. */
import { join } from 'node:path';
import { inject, it } from 'vitest';
import { nodeVersion, otherNodeMajors, RUNNING_NODE } from '../src/drive/paths.ts';
import { browser, nodeJs, otherRuntimes, type TestRuntime, WORKERD } from '../src/drive/runtimes.ts';
import { declareTests } from '../src/drive/table-tests.ts';
import type { Target } from '../src/hosts/node.ts';
import type { PanicMode } from '../src/runner/kinds.ts';
import { ROLLBACK } from '../src/runner/scenarios/rollback.ts';
import { TASKS } from '../src/runner/scenarios/tasks.ts';

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

for (const [runtime, target, panic] of RUNS) {
  const place = `${target} › panic=${panic} › ${runtime.name}`;
  if (runtime.missing !== undefined) {
    if (process.env.CI !== undefined) throw new Error(runtime.missing);
    it.skip(`${place}: ${runtime.missing}`);
    continue;
  }
  for (const [folder, scenarios] of [
    ['rollback', ROLLBACK],
    ['rollback/revive', TASKS],
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
