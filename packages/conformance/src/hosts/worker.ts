/**
 * The suite as a worker. The module that imports this one and the package makes the worker of the two; this one has to come first,
 * for the probe has to be there before the package makes its first instance.
 */
import { engineHere } from '../runner/engines.ts';
import type { Fixtures } from '../runner/fixtures.ts';
import type { PanicMode } from '../runner/kinds.ts';
import { installProbe } from '../runner/probe.ts';
import { type RowResult, runAll } from '../runner/run.ts';
import type { Runtime } from '../runner/runtime.ts';

const probe = installProbe();

/** workerd as the runner sees it. */
function workerRuntime(): Runtime {
  const uncaught: unknown[] = [];
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    uncaught.push(event.reason);
  });
  return {
    turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
    takeUncaught: () => uncaught.splice(0),
    seesExceptions: false,
    engine: engineHere(),
    compiles: false,
  };
}

/** The worker: a request runs everything, or the rows named in its body, and gets the results as JSON. */
export function serve(ns: Fixtures, panic: PanicMode): { fetch(request: Request): Promise<Response> } {
  const runtime = workerRuntime();
  return {
    async fetch(request) {
      const ids = (await request.json()) as readonly string[] | null;
      const wanted = ids === null ? undefined : new Set(ids);
      const results: RowResult[] = [];
      for await (const result of runAll({ ns, panic, runtime, probe }, (id) => wanted?.has(id) ?? true)) results.push(result);
      return Response.json(results);
    },
  };
}
