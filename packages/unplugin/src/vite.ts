/**
 * wasm-bindgen packages that recover, in what Vite serves and builds.
 * @module
 */
import { createVitePlugin } from 'unplugin';
import type { Plugin } from 'vite';
import { type Bundler, Hooks, IMPORTS, sharedHooks } from './hooks.js';
import { importMetaHot } from './hot.js';
import { isPath, type Options } from './options.js';
import { relativeUrl } from './relative-url.js';
import { ServerAssets } from './server-assets.js';

export type { Options } from './options.js';

/** What Rollup's plugins have in their contexts, and Vite's. */
type Resolve = (id: string, importer: string | undefined, options: { readonly skipSelf: true }) => Promise<{ readonly id: string } | null>;

/** The plugin. @throws TypeError for options that can't be */
export const wasmRevive: (options?: Options) => Plugin | Plugin[] = createVitePlugin((options: Options | undefined) => {
  let serves = false;
  const assets = new ServerAssets();
  const bundler: Bundler = {
    wasmUrl(wasm, file) {
      return (serves ? undefined : assets.urlOf(this, wasm)) ?? relativeUrl(wasm, file);
    },
    hot: () => (serves ? importMetaHot : ''),
  };
  const hooks = new Hooks(bundler, options);
  const packages = [...(options?.packages ?? []), ...(options?.prewarm ?? [])].filter((name) => !isPath(name));
  return {
    name: 'wasm-revive',
    enforce: 'pre',
    ...sharedHooks(hooks),
    resolveId: {
      filter: { id: IMPORTS },
      // In node_modules, the development server puts `?v=` behind a path: without it, there would be two modules of one file.
      async handler(id, importer) {
        const found = hooks.resolveId(id, importer);
        if (found === undefined || !serves || /\.wasm(?:\?|$)/.test(found)) return found;
        const { resolve } = this as unknown as { readonly resolve?: Resolve };
        return (await resolve?.call(this, found, importer, { skipSelf: true })) ?? found;
      },
    },
    vite: {
      ...assets.hooks,
      // Dependencies are bundled in advance for the development server, and left out of what runs on servers, where no plugin sees them.
      config: () => ({ optimizeDeps: { exclude: [...packages] }, ssr: { noExternal: [...packages] } }),
      configResolved({ root, command, build }) {
        hooks.setRoot(root);
        assets.isForServer = Boolean(build.ssr);
        serves = command === 'serve';
      },
    },
  };
});
