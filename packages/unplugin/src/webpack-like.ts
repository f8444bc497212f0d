/** webpack and Rspack: they take along what URLs and imports of wasm files lead to. */
import { createHash } from 'node:crypto';
import type { UnpluginOptions } from 'unplugin';
import { type Bundler, Hooks, IMPORTS, sharedHooks } from './hooks.js';
import { webpackHot } from './hot.js';
import type { Options } from './options.js';
import { relativeUrl } from './relative-url.js';
import { version } from './version.js';

/** What the compilers of both have. */
interface Compiler {
  readonly context: string;
  readonly watchMode: boolean;
  readonly inputFileSystem: { purge?(path: string): void } | null;
}

/** The plugin of either, for its compiler. */
export function webpackLike(options: Options | undefined, compiler: Compiler): UnpluginOptions {
  const bundler: Bundler = {
    wasmUrl(wasm, file) {
      // A module that is kept between builds is made again where the cache has lost that file.
      this.addWatchFile(wasm);
      // It was looked for before, and not being there is remembered.
      compiler.inputFileSystem?.purge?.(wasm);
      return relativeUrl(wasm, file);
    },
    // Modules are replaced only in what is watched.
    hot: () => (compiler.watchMode ? webpackHot : ''),
  };
  const hooks = new Hooks(bundler, options);
  hooks.setRoot(compiler.context);
  return {
    // Note: what these bundlers keep between builds, they keep by the name of who has made it.
    name: `wasm-revive ${createHash('sha256')
      .update(`${version()} ${JSON.stringify(options)}`)
      .digest('hex')
      .slice(0, 8)}`,
    enforce: 'pre',
    ...sharedHooks(hooks),
    resolveId: {
      filter: { id: IMPORTS },
      handler: (id, importer) => hooks.resolveId(id, importer),
    },
  };
}
