/**
 * `npm run soak`: random schedules, mutated packages, hostile folders, runs of the command that are killed or meet, and turns that fail and are undone, until it is stopped, the
 * minutes are over, or something is wrong.
 *
 * Options: `--minutes N`; `--only NAME`, a package, `mutants`, or one of {@link LONGER}; `--seed N` and `--path P`, to repeat something; `--without a,b`, steps to leave out.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LONGER, runLonger } from './run-longer.ts';
import { describeWrong, mutantOrigins, runMutantsOn } from './run-mutants.ts';
import { describeViolation, runSchedulesOn, SOAK_PACKAGES } from './run-schedules.ts';
import { transformFixtures } from './transform-fixtures.ts';

/** How long one process runs: its generations are not to become too many, and the packages take turns. */
const ROUND_MS = 30_000;

/** One kind of work. Gives what was done, in words, and what was wrong, if anything was. */
interface Work {
  readonly name: string;
  run(seed: number): Promise<{ readonly done: string; readonly wrong?: string }>;
}

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    without: { type: 'string' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-soak-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
process.exitCode = await soak();

async function soak(): Promise<number> {
  const all = work();
  const chosen = all.filter(({ name }) => options.only === undefined || options.only === name);
  if (chosen.length === 0) {
    console.error(`There is no ${options.only}. There are: ${all.map(({ name }) => name).join(', ')}.`);
    return 1;
  }
  transformFixtures(folder);
  const until = performance.now() + Number(options.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const first = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`Seed ${first}. Stop it with Ctrl+C.`);
  for (let round = 0; performance.now() < until; round++) {
    for (const { name, run } of chosen) {
      // Each round its own, far from those that a process counts up to.
      const seed = (first + round * 1_000_003) % 2 ** 31;
      const { done, wrong } = await run(seed);
      console.log(`${wrong === undefined ? '✔' : '✖'} ${name}: ${done} (seed ${seed})`);
      if (wrong !== undefined) {
        console.log(`\n${wrong}`);
        return 1;
      }
      if (performance.now() > until) break;
    }
    if (options.path !== undefined) break;
  }
  return 0;
}

function work(): Work[] {
  const without = options.without?.split(',') ?? [];
  const wanted = { ms: ROUND_MS, without, ...(options.path !== undefined && { path: options.path }) };
  const onPackages = SOAK_PACKAGES.map(
    (pkg): Work => ({
      name: pkg.name,
      async run(seed) {
        const { schedules, steps, violation } = await runSchedulesOn(folder, pkg, { ...wanted, seed });
        const done = `${schedules.toLocaleString('en')} schedules, ${steps.toLocaleString('en')} steps`;
        return violation ? { done, wrong: describeViolation(pkg, wanted, violation) } : { done };
      },
    }),
  );
  const mutants: Work = {
    name: 'mutants',
    async run(seed) {
      const { refused, accepted, compared, wrong } = await runMutantsOn({ ...wanted, seed, origins: mutantOrigins() });
      const done = `${refused} refused, ${accepted} accepted, ${compared} of them compared`;
      return wrong ? { done, wrong: describeWrong(wrong) } : { done };
    },
  };
  const longer = Object.keys(LONGER).map(
    (name): Work => ({
      name,
      async run(seed) {
        const began = performance.now();
        const wrong = await runLonger(name, ROUND_MS / 60_000, seed);
        const done = `for ${Math.round((performance.now() - began) / 1000)} s`;
        return wrong === undefined ? { done } : { done, wrong };
      },
    }),
  );
  return [...onPackages, mutants, ...longer];
}
