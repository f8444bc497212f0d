/** Every run of the suite, as data: which package, in which runtime, and which rows and scenarios. */
import type { Target } from '../hosts/node.ts';
import type { InvariantId } from '../invariants.ts';
import type { PanicMode } from '../runner/kinds.ts';
import type { Given, Need } from '../runner/needs.ts';
import { scenariosFor } from '../runner/scenarios/all.ts';
import type { Scenario } from '../runner/scenarios/scenario.ts';
import { someRows, type TableRow, tableRows } from '../runner/table.ts';
import type { OlderVersion } from './older-versions.ts';
import { type GlueStyle, nodeVersion, otherNodeMajors, PANIC_MODES, RUNNING_NODE } from './paths.ts';
import { browser, nodeJs, otherRuntimes, type TestRuntime, WORKERD } from './runtimes.ts';

/** What an older version of wasm-bindgen makes of the fixtures. */
export type OlderGlue = `wasm-bindgen ${OlderVersion}`;

/**
 * Which fixtures: as wasm-bindgen writes its glue by default, in another style, with the crates, in the exnref encoding, or both; or as an older
 * version writes it.
 */
export type Variant = 'default glue' | GlueStyle | 'with the crates' | 'exnref' | 'exnref, with the crates' | OlderGlue;

/** One package in one runtime. */
export interface Run {
  /** The file of `test/table` that it belongs to. */
  readonly file: string;
  readonly engine: string;
  readonly runtime: TestRuntime;
  readonly target: Target;
  readonly panic: PanicMode;
  readonly variant: Variant;
  /** All rows, or those of a turn (`someRows`). */
  readonly rows: 'all' | number;
}

/**
 * Where other glue takes the place of what wasm-bindgen writes by default: all pairs of a style with a panic mode that it exists in, and of a
 * missing feature of Wasm with a target and with an engine. Glue with abort handlers catches in the exnref encoding, which
 * not every engine has. The default glue keeps its pairs in the other versions of Node.js, and in Firefox with the crates.
 */
export const STYLES: Readonly<Record<string, GlueStyle>> = {
  'node 22, web, abort': 'no-reference-types',
  'node 22, nodejs, unwind': 'no-multivalue',
  'node 24, web, abort': 'no-multivalue',
  'node 24, nodejs, abort': 'mvp',
  'node 24, module, abort': 'abort-handler',
  'node 26, nodejs, abort': 'abort-handler',
  'bun, bundler, abort': 'no-reference-types',
  'bun, web, unwind': 'no-multivalue',
  'deno, module, abort': 'mvp',
  'deno, bundler, unwind': 'no-multivalue',
  'workerd, module, abort': 'no-multivalue',
  'firefox, web, abort': 'mvp',
};

// The same runs, whichever version that is: the others have the target `module`.
const running: TestRuntime = { ...nodeJs(RUNNING_NODE), name: 'node (running)', targets: ['web', 'bundler', 'nodejs'] };
const others = otherNodeMajors().map((major) => nodeJs(nodeVersion(major)));
const newest = nodeJs(nodeVersion(Math.max(...otherNodeMajors())));
const [bun, deno, chromium, firefox] = [otherRuntimes('bun'), otherRuntimes('deno'), browser('chromium'), browser('firefox')];

/**
 * The engines, the runtimes that have them, and the one package of each in which all rows are run, in both panic modes. Among these, all four
 * targets occur. Firefox has the default glue only with the crates.
 */
const ENGINES: Readonly<Record<string, { runtimes: readonly TestRuntime[]; full: readonly [TestRuntime, Target, Variant] }>> = {
  'V8, running': { runtimes: [running], full: [running, 'web', 'default glue'] },
  'V8, newer': { runtimes: [...others, deno], full: [newest, 'module', 'default glue'] },
  'V8 in workerd': { runtimes: [WORKERD], full: [WORKERD, 'bundler', 'default glue'] },
  'V8 in Chromium': { runtimes: [chromium], full: [chromium, 'web', 'default glue'] },
  JavaScriptCore: { runtimes: [bun], full: [bun, 'nodejs', 'default glue'] },
  SpiderMonkey: { runtimes: [firefox], full: [firefox, 'web', 'with the crates'] },
};

type Planned = Omit<Run, 'engine' | 'rows'>;

/** Packages of a variant in both panic modes. */
function both(file: string, runtime: TestRuntime, variant: Variant, targets: readonly Target[] = runtime.targets): Planned[] {
  return PANIC_MODES.flatMap((panic) => targets.map((target): Planned => ({ file, runtime, target, panic, variant })));
}

/** Every target that a runtime can load, in some style of glue. */
function table(file: string, runtime: TestRuntime): Planned[] {
  return both(file, runtime, 'default glue').map((run) => {
    const style = STYLES[`${runtime.name}, ${run.target}, ${run.panic}`];
    return style === undefined ? run : { ...run, variant: style };
  });
}

/** The exnref encoding is one of panic=unwind; all but Node.js 20 run it without a flag. */
function exnref(runtime: TestRuntime, variant: Variant, targets: readonly Target[]): Planned[] {
  return both('exnref', runtime, variant, targets).filter(({ panic }) => panic === 'unwind');
}

/** Each older version on each target, by pairs with the versions of Node.js. They know of panic=abort only. */
const OLDER: readonly (readonly [OlderGlue, TestRuntime, Target])[] = [
  ['wasm-bindgen 0.2.84', running, 'web'],
  ['wasm-bindgen 0.2.84', newest, 'nodejs'],
  ['wasm-bindgen 0.2.84', newest, 'bundler'],
  ['wasm-bindgen 0.2.100', newest, 'web'],
  ['wasm-bindgen 0.2.100', running, 'nodejs'],
  ['wasm-bindgen 0.2.100', running, 'bundler'],
];

const PLANNED: readonly Planned[] = [
  ...table('node-running', running),
  ...others.flatMap((node) => table(node.name.replace(' ', '-'), node)),
  ...[bun, deno, WORKERD, chromium, firefox].flatMap((runtime) => table(runtime.name, runtime)),
  ...both('bun', bun, 'with the crates', ['nodejs']),
  ...both('deno', deno, 'with the crates', ['web']),
  ...both('chromium', chromium, 'with the crates'),
  ...both('firefox', firefox, 'with the crates'),
  ...both('with-crates', running, 'with the crates', ['web', 'nodejs']),
  ...both('with-crates', newest, 'with the crates', ['bundler', 'module']),
  ...others.flatMap((node) => exnref(node, 'exnref', ['nodejs'])),
  ...exnref(newest, 'exnref', ['web', 'bundler', 'module']),
  ...exnref(newest, 'exnref, with the crates', ['nodejs']),
  ...OLDER.map(([variant, runtime, target]): Planned => ({ file: 'older-versions', runtime, target, panic: 'abort', variant })),
];

/** All runs. Those that have some of the rows take turns, in each panic mode. */
export const RUNS: readonly Run[] = (() => {
  const turns: Record<PanicMode, number> = { abort: 0, unwind: 0 };
  return PLANNED.map((planned): Run => {
    const { runtime, target, variant, panic } = planned;
    for (const [engine, { runtimes, full }] of Object.entries(ENGINES)) {
      if (!runtimes.some(({ name }) => name === runtime.name)) continue;
      const isFull = full[0].name === runtime.name && full[1] === target && full[2] === variant;
      return { ...planned, engine, rows: isFull ? 'all' : turns[panic]++ };
    }
    throw new Error(`${runtime.name} has no engine.`);
  });
})();

/** Where its package is in the folder of the transformed fixtures. */
export function folderOf({ variant, panic, target }: Run): string {
  switch (variant) {
    case 'default glue':
      return `${panic}/${target}`;
    case 'with the crates':
      return `revive/${panic}/${target}`;
    case 'exnref':
      return `exnref/${target}`;
    case 'exnref, with the crates':
      return `revive/exnref/${target}`;
    default:
      return `${variant}/${panic}/${target}`;
  }
}

/** As tests name it. */
export function placeOf({ variant, target, panic, runtime }: Run): string {
  return `${variant === 'default glue' ? '' : `${variant} › `}${target} › panic=${panic} › ${runtime.name}`;
}

/** What rows and scenarios are given. */
export function givenBy({ runtime, target, panic, variant }: Run): Given {
  const given = new Set<Need>(runtime.gives);
  if (panic === 'unwind') given.add('unwind');
  if (variant.includes('with the crates')) given.add('crates');
  if (runtime.copies.includes(target)) given.add('another copy');
  if (variant !== 'wasm-bindgen 0.2.84') given.add('newer wasm-bindgen');
  if (!variant.startsWith('wasm-bindgen ')) given.add("today's wasm-bindgen");
  return given;
}

/** The rows of a run. */
export function rowsOf(run: Run): readonly TableRow[] {
  const rows = tableRows(run.panic, givenBy(run));
  return run.rows === 'all' ? rows : someRows(rows, run.rows);
}

/** Whether scenarios are run. They are written for Rust and glue that say more than those of 0.2.84 do: it has its rows alone. */
export function hasScenarios({ variant }: Run): boolean {
  return variant !== 'wasm-bindgen 0.2.84';
}

/** The scenarios of a run: all that can be run there, of those that take long only where that adds something. */
export function scenariosOf(run: Run): readonly Scenario[] {
  if (!hasScenarios(run)) return [];
  return scenariosFor(givenBy(run)).filter(({ isLong, needs }) => isLong !== true || runsOfLong(needs).has(run));
}

const ofLong = new Map<string, ReadonlySet<Run>>();

/** Runs that a long scenario has to be in, so that it meets every runtime, target and variant in each panic mode. */
function runsOfLong(needs: readonly Need[] = []): ReadonlySet<Run> {
  const key = needs.join();
  const known = ofLong.get(key);
  if (known !== undefined) return known;
  const met = new Set<string>();
  const chosen = RUNS.filter(hasScenarios).filter((run) => {
    const given = givenBy(run);
    if (!needs.every((need) => given.has(need))) return false;
    const meets = placesOf(run);
    const adds = meets.some((place) => !met.has(place));
    if (adds) for (const place of meets) met.add(place);
    return adds;
  });
  ofLong.set(key, new Set(chosen));
  return new Set(chosen);
}

/** What a run is one of. */
export function placesOf({ runtime, target, variant, panic }: Run): string[] {
  return [runtime.name, target, variant].map((place) => `${place}, ${panic}`);
}

/** All that is run. */
export function listOf(run: Run): { readonly id: string; readonly invariants: readonly InvariantId[] }[] {
  return [...rowsOf(run), ...scenariosOf(run)];
}
