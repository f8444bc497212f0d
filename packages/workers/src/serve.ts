import { App } from './app.js';
import { defaultEntrypoint, namedEntrypoint } from './entrypoints.js';
import { Objects } from './objects.js';
import type { ServeOptions, WorkerApp, WorkerPackage } from './options.js';

/** Most instances that live at once: so many Durable Objects in one isolate, beside the instance for everything else. */
const MOST_INSTANCES = 1000;

/**
 * What the main module of a Worker exports, for a transformed package of the `worker` crate: its default entrypoint, and its classes. A failure
 * costs the request that caused it; an abort in a Durable Object costs that object's memory, and nothing else.
 *
 * @param pkg the namespace of the package: `import * as pkg from './index.js'`
 * @throws TypeError for an option that names what the package doesn't export
 */
export function serve(pkg: WorkerPackage, options: ServeOptions = {}): WorkerApp {
  pkg.__revive.configure({ maxInstances: MOST_INSTANCES, ...options.revive });
  const app = new App(pkg, options);
  const { functions = app.functions(), objects = [], entrypoints = [], shared = false, runToCompletion = false } = options;
  for (const name of [...functions, ...(typeof shared === 'boolean' ? [] : shared)]) app.check(name);
  const durable = new Objects(app);
  const isShared = (name: string): boolean => (typeof shared === 'boolean' ? shared : shared.includes(name));
  return {
    default: defaultEntrypoint(app, functions, runToCompletion),
    classes: Object.fromEntries([
      ...objects.map((name) => [name, durable.classOf(name, isShared(name))]),
      // The build takes every class for one of objects.
      ...entrypoints.map((name) => [name, namedEntrypoint(app, name)]),
    ]),
  };
}
