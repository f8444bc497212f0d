/**
 * Puts each deliberate fault into a copy of a package and runs all rows on it, then what a run has that has only some of them. Says who has
 * found it, and ends badly when the rows that were left out would have been needed. Then puts each fault of the manager into a package, and runs
 * random schedules on it, as many as in `npm test`; ends badly when one is not found.
 *
 *     npm run faults -w packages/conformance -- [--runtime node|chromium] [--panic abort|unwind] [--only words of a fault]
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { transform } from 'wasm-revive/transform';
import { FAULTS } from '../faults/faults.ts';
import { MANAGER_FAULTS } from '../faults/manager-faults.ts';
import { someRows } from '../runner/table.ts';
import { upstreamPackage } from './paths.ts';
import { putFault } from './put-fault.ts';
import { BOUNDED, runSchedulesOn } from './run-schedules.ts';
import { givenBy, RUNS, type Run, rowsOf, scenariosOf } from './runs.ts';

const { values } = parseArgs({
  options: { runtime: { type: 'string', default: 'node' }, panic: { type: 'string' }, only: { type: 'string', default: '' } },
});
const name = values.runtime === 'node' ? 'node (running)' : values.runtime;
const isOne = ({ runtime, variant, rows, panic }: Run): boolean =>
  runtime.name === name && variant === 'default glue' && rows === 'all' && panic === (values.panic ?? panic);

/** How many of these fail, or how the process ended. */
async function failing(run: Run, dir: string, ids: readonly string[]): Promise<string> {
  try {
    const { results, ended } = await run.runtime.run(dir, run.target, run.panic, ids);
    const failed = results.filter(({ checks }) => checks.some(({ ok }) => !ok)).length;
    return ended === undefined && results.length === ids.length ? String(failed) : `${failed}, and its end`;
  } catch (error) {
    return error instanceof Error && error.message.startsWith('This is in the text') ? error.message : 'its end';
  }
}

const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-faults-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const run of RUNS.filter(isOne)) {
  const [plain, dir] = [join(folder, 'plain'), join(folder, 'with-fault')];
  transform({ dir: upstreamPackage(run.panic, run.target), outDir: plain });
  const all = rowsOf(run).map(({ id }) => id);
  const some = someRows(rowsOf(run), 0).map(({ id }) => id);
  const idsOf = (long: boolean): string[] =>
    scenariosOf(run)
      .filter(({ isLong = false }) => isLong === long)
      .map(({ id }) => id);
  const [short, long] = [idsOf(false), idsOf(true)];
  process.stdout.write(`\n${run.runtime.name}, ${run.target}, panic=${run.panic}, ${givenBy(run).has('gc') ? 'with' : 'without'} gc\n`);
  process.stdout.write(`failing of ${all.length} rows | of ${some.length} rows | of ${short.length} scenarios | fault\n`);
  for (const fault of [{ name: 'none', patches: [] }, ...FAULTS].filter(({ name }) => name.includes(values.only))) {
    cpSync(plain, dir, { recursive: true });
    putFault(dir, fault);
    const found = [await failing(run, dir, all), await failing(run, dir, some), await failing(run, dir, short)];
    const isMissed = found[0] !== '0' && found[1] === '0' && found[2] === '0';
    const inLong = found.every((count) => count === '0') ? ` (${await failing(run, dir, long)} of the scenarios that take long)` : '';
    process.stdout.write(`${found.join(' | ')} | ${fault.name}${inLong}${isMissed ? ' | MISSED' : ''}\n`);
    if (isMissed || (fault.patches.length === 0 && found.some((count) => count !== '0'))) process.exitCode = 1;
    rmSync(dir, { recursive: true });
  }
  rmSync(plain, { recursive: true });
}

process.stdout.write('\nfound by random schedules after so many | steps | fault of the manager\n');
for (const fault of [{ name: 'none', patches: [] }, ...MANAGER_FAULTS].filter((one) => one.name.includes(values.only))) {
  const pkg = { name: 'with-fault', target: 'nodejs', panic: 'unwind' } as const;
  const dir = join(folder, pkg.name);
  transform({ dir: upstreamPackage(pkg.panic, pkg.target), outDir: dir });
  putFault(dir, fault);
  const { schedules, steps, violation } = await runSchedulesOn(folder, pkg, { ...BOUNDED, simplifyMs: 0 });
  const isAsWanted = (violation !== undefined) === fault.patches.length > 0;
  process.stdout.write(`${violation ? schedules : 'not'} | ${steps} | ${fault.name}${isAsWanted ? '' : ' | WRONG'}\n`);
  if (!isAsWanted) process.exitCode = 1;
  rmSync(dir, { recursive: true });
}
