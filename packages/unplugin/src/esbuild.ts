/**
 * wasm-bindgen packages that recover, in what esbuild bundles.
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';
import { createEsbuildPlugin } from 'unplugin';
import { Hooks, IMPORTS, SCRIPTS, sharedHooks } from './hooks.js';
import type { Options } from './options.js';

export type { Options } from './options.js';

/** Begins what imports the address of a wasm file, in code that this plugin writes. */
const ADDRESS = 'wasm-revive-address:';

/** The namespaces of what esbuild makes of a wasm file: its address, and a module that gives that as a URL. */
const [AS_FILE, AS_MODULE] = ['wasm-revive-file', 'wasm-revive-module'];

/** An expression for the URL of a wasm file. Note: `require` can stand in an expression. In what is bundled, esbuild makes a plain call of it. */
function urlOf(wasm: string): string {
  return `new URL(require(${JSON.stringify(`${ADDRESS}${wasm}`)}), import.meta.url)`;
}

/** The plugin. @throws TypeError for options that can't be */
export const wasmRevive: (options?: Options) => Plugin = createEsbuildPlugin((options: Options | undefined) => {
  // esbuild looks at no URLs: it takes along what is imported.
  const hooks = new Hooks({ wasmUrl: urlOf, hot: () => '' }, options);
  return {
    name: 'wasm-revive',
    ...sharedHooks(hooks),
    esbuild: {
      onLoadFilter: SCRIPTS,
      // Note: what unplugin resolves is never a plain file to esbuild, so it is resolved here.
      setup(build) {
        hooks.setRoot(build.initialOptions.absWorkingDir ?? process.cwd());
        build.onResolve({ filter: new RegExp(`^${ADDRESS}`) }, ({ path }) => ({ path: path.slice(ADDRESS.length), namespace: AS_FILE }));
        build.onResolve({ filter: IMPORTS }, ({ path, importer }) => {
          const found = importer === '' ? undefined : hooks.resolveId(path, importer);
          if (found === undefined) return undefined;
          const isEntry = found.endsWith('.wasm') && hooks.protection.isProtected(importer);
          return isEntry ? { path: found, namespace: AS_MODULE } : { path: found };
        });
        build.onLoad({ filter: /.*/, namespace: AS_FILE }, ({ path }) => ({
          contents: readFileSync(path),
          loader: 'file',
          watchFiles: [path],
        }));
        build.onLoad({ filter: /.*/, namespace: AS_MODULE }, ({ path }) => ({
          contents: `export default ${urlOf(path)}.href;`,
          resolveDir: dirname(path),
        }));
      },
    },
  };
});
