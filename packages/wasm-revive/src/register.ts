/**
 * `node --import wasm-revive/register app.js`: packages of wasm-bindgen recover, as Node.js loads them. Their files are not touched.
 * @module
 */
import * as nodeModule from 'node:module';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { Hooks } from './register/hooks.js';
import { unseen } from './register/protection.js';
import { readSettings } from './register/settings.js';

/** What `require` uses before Node.js has hooks for it. */
interface ModuleClass {
  _resolveFilename(request: string, parent: { filename?: string | null } | undefined, ...rest: unknown[]): string;
}

const [, program] = process.argv;
const settings = readSettings(program === undefined ? process.cwd() : dirname(program), process.env);
const hooks = new Hooks(settings);

if ('registerHooks' in nodeModule) {
  (nodeModule.registerHooks as (hooks: object) => void)({ resolve: hooks.resolve.bind(hooks) });
} else {
  // Node.js before 22.15: hooks for `import` run on another thread, and for `require` there are none.
  nodeModule.register(new URL('register-hooks.js', import.meta.url), { data: settings });
  const module = nodeModule.Module as unknown as ModuleClass;
  const find = module._resolveFilename;
  module._resolveFilename = function (request, parent, ...rest) {
    return hooks.resolveFilename(request, parent?.filename ?? undefined, () => find.call(this, request, parent, ...rest));
  };
}

if (isMainThread) {
  process.on('exit', () => {
    for (const [setting, names] of unseen(settings)) {
      console.error(
        `wasm-revive/register: "${setting}" names ${names.join(', ')}, and the main thread has loaded nothing of it that has a wasm file beside it as ` +
          'wasm-bindgen names it (app.js, app_bg.wasm). Nothing of it recovers.',
      );
    }
  });
}
