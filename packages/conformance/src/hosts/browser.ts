/** The suite in a page, which loads this before the package: the probe has to be there before the package makes its first instance. */
import { engineHere } from '../runner/engines.ts';
import type { Fixtures } from '../runner/fixtures.ts';
import type { PanicMode } from '../runner/kinds.ts';
import { installProbe } from '../runner/probe.ts';
import { type RowResult, runAll } from '../runner/run.ts';
import type { Runtime } from '../runner/runtime.ts';

const probe = installProbe();

const { port1: here, port2: there } = new MessageChannel();
/** Those who wait for a message, in turn. */
const waiting: (() => void)[] = [];
here.onmessage = () => waiting.shift()?.();

/**
 * Note: by messages, for browsers make timers that follow each other wait 4 ms. Two of them: what a rejection that nobody handles makes
 * known is a task of its own, and may come after the first.
 */
async function turn(): Promise<void> {
  for (let n = 0; n < 2; n++) {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      there.postMessage(undefined);
    });
  }
}

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
    turn,
    takeUncaught: () => uncaught.splice(0),
    seesExceptions: true,
    engine: engineHere(),
    compiles: true,
  };
}

/** Loads a package of the target `web` and runs everything on it, or the rows named. @param url its JavaScript file */
export async function run(url: string, panic: PanicMode, ids: readonly string[] | null): Promise<RowResult[]> {
  const wanted = (id: string): boolean => ids?.includes(id) ?? true;
  const loaded = (await import(url)) as Fixtures & { default(): Promise<unknown> };
  await loaded.default();
  const results: RowResult[] = [];
  for await (const result of runAll({ ns: loaded, panic, runtime: browserRuntime(), probe }, wanted)) results.push(result);
  return results;
}
