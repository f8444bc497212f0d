import { App, ATTEMPTS } from './app.js';
import { ClassOptions } from './class-options.js';
import { defaultEntrypoint, namedEntrypoint } from './entrypoints.js';
import { checkLeftOut, WITH_OBJECTS, WITH_WORKFLOWS } from './left-out.js';
import { Objects } from './objects.js';
import type { ServeOptions, WorkerApp, WorkerPackage } from './options.js';
import { workflow } from './workflows.js';

/** Most instances that live at once: so many Durable Objects in one isolate, beside the instance for everything else. */
const MOST_INSTANCES = 1000;

/** What their memories may take together: an isolate has 128 MiB for everything. */
const MEMORY_BUDGET_MIB = 96;

/**
 * What the main module of a Worker exports, for a transformed package of the `worker` crate: its default entrypoint, and its classes. A failure
 * costs the request that caused it; an abort in a Durable Object costs that object's memory, and nothing else.
 *
 * @param pkg the namespace of the package: `import * as pkg from './index.js'`
 * @throws TypeError for an option that names what the package doesn't export
 */
export function serve(pkg: WorkerPackage, options: ServeOptions = {}): WorkerApp {
  checkLeftOut(options);
  const app = new App(pkg, options);
  const { functions = app.functions(), objects = [], entrypoints = [], workflows = [], shared = false, runToCompletion = false } = options;
  for (const name of [...functions, ...(typeof shared === 'boolean' ? [] : shared)]) app.check(name);
  const classes = new ClassOptions(pkg.__revive, options);
  pkg.__revive.configure({
    maxInstances: MOST_INSTANCES,
    memoryBudgetMiB: MEMORY_BUDGET_MIB,
    recovery: (key) => classes.recoveryOf(key),
    ...options.revive,
  });
  options.setup?.(pkg.__revive);
  const durable = WITH_OBJECTS ? new Objects(app, classes, options.keepFailed) : undefined;
  return {
    default: defaultEntrypoint(app, functions, runToCompletion),
    classes: Object.fromEntries([
      ...objects.map((name) => [name, durable?.classOf(name)]),
      // The build takes every class for one of objects.
      ...entrypoints.map((name) => [name, namedEntrypoint(app, name)]),
      ...(WITH_WORKFLOWS ? workflows.map((name) => [name, workflow(app, name, options.attempts ?? ATTEMPTS)]) : []),
    ]),
  };
}
