/** webpack and Rspack: they take along what URLs and imports of wasm files lead to. */
import type { UnpluginOptions } from 'unplugin';
import { Hooks, IMPORTS, SCRIPTS } from './hooks.js';
import { webpackHot } from './hot.js';
import type { Options } from './options.js';
import { relativeUrl } from './relative-url.js';

/** What the compilers of both have. */
interface Compiler {
  readonly context: string;
  readonly watchMode: boolean;
}

/** The plugin of either, for its compiler. */
export function webpackLike(options: Options | undefined, compiler: Compiler): UnpluginOptions {
  // Modules are replaced only in what is watched.
  const hooks = new Hooks({ wasmUrl: relativeUrl, hot: () => (compiler.watchMode ? webpackHot : '') }, options);
  hooks.setRoot(compiler.context);
  return {
    name: 'wasm-revive',
    enforce: 'pre',
    buildStart() {
      hooks.buildStart();
    },
    resolveId: {
      filter: { id: IMPORTS },
      handler: (id, importer) => hooks.resolveId(id, importer),
    },
    transform: {
      filter: { id: SCRIPTS },
      handler(code, id) {
        return hooks.transform(this, code, id);
      },
    },
  };
}
