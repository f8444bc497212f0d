/** One test a row: listed without running anything; the first of a package runs them all, in the runtime under test. */
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import type { Target } from '../hosts/node.ts';
import { type InvariantId, nameOf } from '../invariants.ts';
import type { CheckResult } from '../runner/checks.ts';
import type { PanicMode } from '../runner/kinds.ts';
import type { RowResult } from '../runner/run.ts';
import { scenariosFor } from '../runner/scenarios/all.ts';
import { tableRows } from '../runner/table.ts';
import { browserBinary, type GlueStyle, type NodeVersion, otherRuntime, PANIC_MODES, TARGETS } from './paths.ts';
import { type BrowserName, runInBrowser } from './run-in-browser.ts';
import { canLoad, type NodeRun, runInNode, runSuite } from './run-in-node.ts';
import { runInWorkerd } from './run-in-workerd.ts';

/** A JavaScript runtime to test in. */
export interface TestRuntime {
  /** `node 22` */
  readonly name: string;
  readonly targets: readonly Target[];
  /** Whether garbage can be collected on demand. */
  readonly gc: boolean;
  /** @param ids rows and scenarios to run; all when not given */
  run(dir: string, target: Target, panic: PanicMode, ids?: readonly string[]): Promise<NodeRun>;
}

/** A version of Node.js as a runtime to test in. */
export function nodeJs(version: NodeVersion): TestRuntime {
  return {
    name: `node ${version.major}`,
    targets: TARGETS.filter((target) => canLoad(version, target)),
    gc: true,
    run: (dir, target, panic, ids) => runInNode(version, dir, target, panic, ids),
  };
}

/** Bun (JavaScriptCore), which knows no `import source`, or Deno, which takes CommonJS outside of packages only when told to look for it. */
export function otherRuntimes(name: 'bun' | 'deno'): TestRuntime {
  const flags = name === 'bun' ? ['--expose-gc'] : ['run', '--allow-all', '--unstable-detect-cjs', '--v8-flags=--expose-gc'];
  return {
    name,
    targets: name === 'bun' ? TARGETS.filter((target) => target !== 'module') : TARGETS,
    gc: true,
    run: (dir, target, panic, ids) => runSuite(otherRuntime(name), flags, dir, target, panic, ids),
  };
}

/** Where a browser is. Without one the tests are skipped, and say so; in CI there is one, or they fail. */
export function browserToTest(name: BrowserName): string | undefined {
  const binary = browserBinary(name);
  if (binary === undefined && process.env.CI !== undefined) throw new Error(`${name} is not on this machine.`);
  return binary;
}

/** A browser as a runtime to test in. */
export function browser(name: BrowserName): TestRuntime | undefined {
  const binary = browserToTest(name);
  if (binary === undefined) return undefined;
  return {
    name,
    targets: ['web'],
    gc: false,
    run: async (dir, _target, panic, ids) => ({
      results: await runInBrowser(name, binary, dir, panic, ids),
      ended: undefined,
    }),
  };
}

/** workerd, for the targets whose packages know their modules beforehand. */
export const WORKERD: TestRuntime = {
  name: 'workerd',
  targets: ['bundler', 'module'],
  gc: false,
  run: async (dir, _target, panic, ids) => ({ results: await runInWorkerd(dir, panic, ids), ended: undefined }),
};

/**
 * Where other glue takes the place of what wasm-bindgen writes by default: all pairs of a style with a panic mode that it exists in, and of a
 * missing feature of Wasm with a target and with an engine. The default glue keeps its pairs in the other versions of Node.js, and in Firefox
 * with the crates.
 */
export const STYLES: Readonly<Record<string, GlueStyle>> = {
  'node 22, web, abort': 'no-reference-types',
  'node 22, nodejs, unwind': 'no-multivalue',
  'node 24, web, abort': 'no-multivalue',
  'node 24, nodejs, abort': 'mvp',
  'bun, bundler, abort': 'no-reference-types',
  'bun, web, unwind': 'no-multivalue',
  'deno, module, abort': 'mvp',
  'deno, bundler, unwind': 'no-multivalue',
  'workerd, module, abort': 'no-multivalue',
  'firefox, web, abort': 'mvp',
};

/** Declares the tests of every row and scenario, for every target and panic mode. */
export function tableTests(runtime: TestRuntime): void {
  for (const panic of PANIC_MODES) {
    for (const target of runtime.targets) {
      const style = STYLES[`${runtime.name}, ${target}, ${panic}`];
      const place = `${style === undefined ? '' : `${style} › `}${target} › panic=${panic} › ${runtime.name}`;
      declareTests(listed(panic, runtime.gc, false), place, () =>
        runtime.run(join(inject('transformed'), style ?? '', panic, target), target, panic),
      );
    }
  }
}

/** The table in a browser, with the crates and without. */
export function browserTests(name: BrowserName, runtime: TestRuntime | undefined): void {
  if (runtime === undefined) {
    it.skip(`${name} is not on this machine: install it, or set WASM_REVIVE_${name.toUpperCase()} to its path`);
    return;
  }
  tableTests(runtime);
  reviveTableTests(runtime);
}

/** The same for the fixtures that link the wasm-revive crates. */
export function reviveTableTests(runtime: TestRuntime): void {
  for (const panic of PANIC_MODES) {
    for (const target of runtime.targets) {
      declareTests(listed(panic, runtime.gc, true), `with the crates › ${target} › panic=${panic} › ${runtime.name}`, () =>
        runtime.run(join(inject('transformed'), 'revive', panic, target), target, panic),
      );
    }
  }
}

/** The same for those built with panic=unwind in the exnref encoding of exception handling. @param crates those with the wasm-revive crates */
export function exnrefTableTests(runtime: TestRuntime, crates: boolean): void {
  for (const target of runtime.targets) {
    const folder = crates ? 'revive/exnref' : 'exnref';
    declareTests(listed('unwind', runtime.gc, crates), `${folder} › ${target} › panic=unwind › ${runtime.name}`, () =>
      runtime.run(join(inject('transformed'), folder, target), target, 'unwind'),
    );
  }
}

/** Declares one test for each of `list`; the first of them starts the run whose results all of them read. */
export function declareTests(
  list: readonly { id: string; invariants: readonly InvariantId[] }[],
  place: string,
  start: () => Promise<NodeRun>,
): void {
  let run: Promise<Told> | undefined;
  const told = (): Promise<Told> => {
    run ??= start().then(byId);
    return run;
  };
  for (const { id, invariants } of list) {
    it(`${invariants.map(nameOf).join(', ')} › ${id} › ${place}`, { timeout: 300_000 }, async () => {
      const { results, ended } = await told();
      const result = results.get(id);
      if (result === undefined) expect.fail(`not run: ${ended ?? 'the runner left it out'}`);
      expect(failing(result.checks)).toBe('');
      expect(result.checks.length).toBeGreaterThan(0);
    });
  }
}

interface Told {
  readonly results: ReadonlyMap<string, RowResult>;
  readonly ended: string | undefined;
}

function byId({ results, ended }: NodeRun): Told {
  return { results: new Map(results.map((result) => [result.id, result])), ended };
}

function listed(panic: PanicMode, gc: boolean, revive: boolean): { id: string; invariants: readonly InvariantId[] }[] {
  return [...tableRows(panic, gc), ...scenariosFor(revive).filter((scenario) => gc || !scenario.needsGc)];
}

/** The failing checks, one a line. */
export function failing(checks: readonly CheckResult[]): string {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ invariant, name, detail }) => `${nameOf(invariant)}: ${name}: ${detail}`)
    .join('\n');
}
