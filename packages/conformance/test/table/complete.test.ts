import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { otherNodeMajors, PANIC_MODES, STYLED } from '../../src/drive/paths.ts';
import { givenBy, hasScenarios, placeOf, placesOf, RUNS, type Run, rowsOf, STYLES, scenariosOf } from '../../src/drive/runs.ts';
import { KINDS } from '../../src/runner/kinds.ts';
import { isGiven } from '../../src/runner/needs.ts';
import { SCENARIOS } from '../../src/runner/scenarios/all.ts';
import { FLAT } from '../../src/runner/scenarios/flat.ts';
import { type TableRow, tableRows } from '../../src/runner/table.ts';

/** What is in the one and not in the other. */
function missing(all: Iterable<string>, from: Iterable<string>): string[] {
  const there = new Set(from);
  return [...new Set(all)].filter((one) => !there.has(one));
}

const idsOf = (rows: readonly TableRow[]): string[] => rows.map(({ id }) => id);

/** The rows that could be run. */
const possible = (run: Run): readonly TableRow[] => tableRows(run.panic, givenBy(run));

const engineOf = ({ engine, panic }: Run): string => `${engine}, panic=${panic}`;

describe('the table', () => {
  it('is run on every runtime that the set-up installs', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.test.ts'));
    const expected = ['complete', ...new Set(RUNS.map(({ file }) => file))];
    expect(files.sort()).toEqual(expected.map((file) => `${file}.test.ts`).sort());
    const runtimes = RUNS.map(({ runtime }) => runtime.name);
    expect(
      missing(
        otherNodeMajors().map((major) => `node ${major}`),
        runtimes,
      ),
    ).toEqual([]);
  });

  it('is run on all glue that is built for it, every style in every panic mode that it exists in', () => {
    const built = STYLED.flatMap(([style, panic, targets]) => targets.map((target) => `${target}, ${panic}: ${style}`));
    const run = Object.entries(STYLES).map(([place, style]) => `${place.slice(place.indexOf(', ') + 2)}: ${style}`);
    expect([...new Set(run)].sort()).toEqual(built.sort());
    const places = RUNS.map(({ runtime, target, panic }) => `${runtime.name}, ${target}, ${panic}`);
    expect(missing(Object.keys(STYLES), places)).toEqual([]);
  });

  it('has no run and no row twice', () => {
    expect(new Set(RUNS.map(placeOf)).size).toBe(RUNS.length);
    for (const run of RUNS) expect(new Set(idsOf(rowsOf(run))).size).toBe(rowsOf(run).length);
  });

  it('has every kind of failure by every way in, JavaScript exceptions where they leave borrows behind excepted', () => {
    const rows = tableRows('unwind', new Set(['gc', 'unwind', 'newer wasm-bindgen', "today's wasm-bindgen"]));
    const ways = new Set(rows.map(({ way }) => way));
    const left = [...ways].filter(({ foreign }) => foreign === false).length;
    // The double panic is a scenario.
    expect(rows.length).toBe((KINDS.length - 1) * ways.size - left);
  });

  it.each([...new Set(RUNS.map(engineOf))])('has every row in some run of %s', (engine) => {
    const runs = RUNS.filter((run) => engineOf(run) === engine);
    expect(
      missing(
        runs.flatMap((run) => idsOf(possible(run))),
        runs.flatMap((run) => idsOf(rowsOf(run))),
      ),
    ).toEqual([]);
  });

  // So that each kind and each way meets every target, variant and runtime.
  it.each(RUNS.filter(hasScenarios))('has every kind and every way in the run $file › $target › $panic › $variant', (run) => {
    const [all, some] = [possible(run), rowsOf(run)];
    expect(
      missing(
        all.map(({ kind }) => kind.name),
        some.map(({ kind }) => kind.name),
      ),
    ).toEqual([]);
    expect(
      missing(
        all.map(({ way }) => way.name),
        some.map(({ way }) => way.name),
      ),
    ).toEqual([]);
    // And each way every outcome.
    const outcome = ({ way, expected }: TableRow): string => `${way.name}: ${expected.class}`;
    expect(missing(all.map(outcome), some.map(outcome))).toEqual([]);
  });

  it('has every kind and every way in the runs on the oldest wasm-bindgen together', () => {
    const runs = RUNS.filter((run) => !hasScenarios(run));
    const [all, some] = [runs.flatMap(possible), runs.flatMap(rowsOf)];
    const names = (rows: readonly TableRow[]): string[] => rows.flatMap(({ kind, way }) => [kind.name, way.name]);
    expect(missing(names(all), names(some))).toEqual([]);
  });

  it.each(PANIC_MODES)('has every row in the runs that have some of them, panic=%s', (panic) => {
    const runs = RUNS.filter((run) => run.panic === panic && run.rows !== 'all');
    expect(
      missing(
        runs.flatMap((run) => idsOf(possible(run))),
        runs.flatMap((run) => idsOf(rowsOf(run))),
      ),
    ).toEqual([]);
  });
});

describe('scenarios', () => {
  it('need nothing that no run gives', () => {
    const run = RUNS.flatMap((run) => scenariosOf(run).map(({ id }) => id));
    expect(
      missing(
        SCENARIOS.map(({ id }) => id),
        run,
      ),
    ).toEqual([]);
    expect(FLAT.filter((scenario) => !isGiven(new Set(['gc', 'unwind']), scenario))).toEqual([]);
  });

  it('are run for every runtime, target and variant in each panic mode, where what they need is given', () => {
    for (const scenario of SCENARIOS) {
      const places = RUNS.filter((run) => hasScenarios(run) && isGiven(givenBy(run), scenario)).flatMap(placesOf);
      const met = RUNS.filter((run) => scenariosOf(run).includes(scenario)).flatMap(placesOf);
      expect({ id: scenario.id, missing: missing(places, met) }).toEqual({ id: scenario.id, missing: [] });
    }
  });

  it('are run everywhere unless they take long', () => {
    const short = SCENARIOS.filter(({ isLong }) => isLong !== true);
    for (const run of RUNS.filter(hasScenarios)) {
      const able = short.filter((scenario) => isGiven(givenBy(run), scenario));
      expect(
        missing(
          able.map(({ id }) => id),
          scenariosOf(run).map(({ id }) => id),
        ),
      ).toEqual([]);
    }
  });
});

it('as many rows and scenarios are run as counts.snap.txt says', async () => {
  const needs = SCENARIOS.map(({ needs, isLong }) => [...(needs ?? ['nothing']), ...(isLong ? ['time'] : [])].join(' and '));
  const scenarios = [...new Set(needs)].sort().map((need) => `${needs.filter((other) => other === need).length} scenarios need ${need}`);
  const total = RUNS.reduce((sum, run) => sum + rowsOf(run).length + scenariosOf(run).length, 0);
  const runs = RUNS.map((run) => {
    const long = scenariosOf(run).filter(({ isLong }) => isLong).length;
    const rows = `${String(rowsOf(run).length).padStart(3)} of ${possible(run).length} rows`;
    return `${rows}${long > 0 ? ` and ${long} long scenarios` : ''}: ${run.file} › ${placeOf(run)}`;
  });
  const lines = [`${RUNS.length} runs, ${total} tests`, ...scenarios, ...runs];
  await expect(lines.map((line) => `${line}\n`).join('')).toMatchFileSnapshot('counts.snap.txt');
});
