/** The JavaScript runtimes that the suite is run in. */
import type { Target } from '../hosts/node.ts';
import type { PanicMode } from '../runner/kinds.ts';
import type { Need } from '../runner/needs.ts';
import { browserBinary, type NodeVersion, otherRuntime, TARGETS } from './paths.ts';
import { type BrowserName, runInBrowser } from './run-in-browser.ts';
import { canLoad, type NodeRun, runInNode, runSuite } from './run-in-node.ts';
import { runInWorkerd } from './run-in-workerd.ts';

/** Targets whose packages a query distinguishes. The others consist of several files, of which it would evaluate the first alone. */
const ES_MODULES: readonly Target[] = ['web', 'module'];

/** A JavaScript runtime to test in. */
export interface TestRuntime {
  /** `node 22` */
  readonly name: string;
  readonly targets: readonly Target[];
  /** What rows and scenarios are given there. */
  readonly gives: readonly Need[];
  /** The targets whose packages can be evaluated once more there. */
  readonly copies: readonly Target[];
  /** Why it can't be tested in on this machine. */
  readonly missing?: string;
  /** @param ids rows and scenarios to run; all when not given */
  run(dir: string, target: Target, panic: PanicMode, ids?: readonly string[]): Promise<NodeRun>;
}

/** A version of Node.js as a runtime to test in. */
export function nodeJs(version: NodeVersion): TestRuntime {
  return {
    name: `node ${version.major}`,
    targets: TARGETS.filter((target) => canLoad(version, target)),
    gives: ['gc', 'compiling'],
    copies: ES_MODULES,
    run: (dir, target, panic, ids) => runInNode(version, dir, target, panic, ids),
  };
}

/** Bun (JavaScriptCore), which knows no `import source`, or Deno, which takes CommonJS outside of packages only when told to look for it. */
export function otherRuntimes(name: 'bun' | 'deno'): TestRuntime {
  const flags = name === 'bun' ? ['--expose-gc'] : ['run', '--allow-all', '--unstable-detect-cjs', '--v8-flags=--expose-gc'];
  return {
    name,
    targets: name === 'bun' ? TARGETS.filter((target) => target !== 'module') : TARGETS,
    gives: ['gc', 'compiling'],
    // Bun evaluates a file once, whatever the query.
    copies: name === 'bun' ? [] : ES_MODULES,
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
export function browser(name: BrowserName): TestRuntime {
  const binary = browserBinary(name);
  return {
    name,
    targets: ['web'],
    gives: ['compiling'],
    copies: [],
    ...(binary === undefined && {
      missing: `${name} is not on this machine: install it, or set WASM_REVIVE_${name.toUpperCase()} to its path`,
    }),
    run: async (dir, _target, panic, ids) => ({
      results: await runInBrowser(name, binary ?? '', dir, panic, ids),
      ended: undefined,
    }),
  };
}

/** workerd, for the targets whose packages know their modules beforehand. */
export const WORKERD: TestRuntime = {
  name: 'workerd',
  targets: ['bundler', 'module'],
  gives: [],
  copies: [],
  run: async (dir, _target, panic, ids) => ({ results: await runInWorkerd(dir, panic, ids), ended: undefined }),
};
