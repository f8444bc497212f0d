/** Rollup and Rolldown: they take along what a plugin emits, and look at no URLs and no imports of wasm files by themselves. */
import type { UnpluginOptions } from 'unplugin';
import { emitWasm } from './emit-wasm.js';
import { type Bundler, type Context, Hooks, IMPORTS, pathOf, sharedHooks } from './hooks.js';
import type { Options } from './options.js';

/** Ends the id of a module that gives the URL of a wasm file. */
const AS_URL = '?wasm-revive-url';

/** Where Rolldown, in its development mode, is another bundler than Rollup. */
export interface DevelopmentMode {
  readonly isOn: () => boolean;
  /** The expression for the address of a wasm file, a text. */
  readonly address: (wasm: string) => string;
  readonly hot: (file: string) => string;
}

/** The plugin of either. @throws TypeError for options that can't be */
export function rollupLike(options: Options | undefined, development?: DevelopmentMode): UnpluginOptions {
  const inDevelopment = (): DevelopmentMode | undefined => (development?.isOn() ? development : undefined);
  const addressOf = (context: Context, wasm: string): string => inDevelopment()?.address(wasm) ?? emitted(context, wasm);
  const bundler: Bundler = {
    wasmUrl(wasm) {
      return `new URL(${addressOf(this, wasm)})`;
    },
    // But for that, they replace no modules in a running program.
    hot: (file) => inDevelopment()?.hot(file) ?? '',
  };
  const hooks = new Hooks(bundler, options);
  return {
    name: 'wasm-revive',
    enforce: 'pre',
    ...sharedHooks(hooks),
    resolveId: {
      filter: { id: IMPORTS },
      handler(id, importer) {
        const found = hooks.resolveId(id, importer);
        // The bundler target's entry. What a program imports itself is for the bundler's other plugins.
        const isEntry = found?.endsWith('.wasm') === true && importer !== undefined && hooks.protection.isProtected(pathOf(importer) ?? '');
        return isEntry ? `${found}${AS_URL}` : found;
      },
    },
    load: {
      filter: { id: /\?wasm-revive-url$/ },
      handler(id) {
        return `export default ${addressOf(this, id.slice(0, -AS_URL.length))};`;
      },
    },
  };
}

/** The expression for the address of an emitted file, a text. */
function emitted(context: Context, wasm: string): string {
  return `import.meta.ROLLUP_FILE_URL_${emitWasm(context, wasm)}`;
}
