/** The suite in a page, which loads this before the package: the probe has to be there before the package makes its first instance. */
import type { Fixtures } from '../runner/fixtures.ts';
import type { PanicMode } from '../runner/kinds.ts';
import { installProbe } from '../runner/probe.ts';
import { type RowResult, runAll } from '../runner/run.ts';
import { type Runtime, tellsFrames } from '../runner/runtime.ts';

const probe = installProbe();

/** A browser as the runner sees it. */
function browserRuntime(): Runtime {
  const uncaught: unknown[] = [];
  addEventListener('error', (event) => {
    event.preventDefault();
    uncaught.push(event.error);
  });
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    uncaught.push(event.reason);
  });
  return {
    turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
    takeUncaught: () => uncaught.splice(0),
    seesExceptions: true,
    tellsFrames: tellsFrames(),
    tellsTables: !navigator.userAgent.includes('Firefox'),
  };
}

export { raiseAll } from '../runner/traps.ts';

/** Loads a package of the target `web` and runs everything on it. @param url its JavaScript file */
export async function run(url: string, panic: PanicMode): Promise<RowResult[]> {
  const loaded = (await import(url)) as Fixtures & { default(): Promise<unknown> };
  await loaded.default();
  const results: RowResult[] = [];
  for await (const result of runAll({ ns: loaded, panic, runtime: browserRuntime(), probe })) results.push(result);
  return results;
}
