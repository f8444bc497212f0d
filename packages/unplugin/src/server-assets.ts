/** Vite's builds for servers: Vite takes no assets along, for those of the build for browsers serve, and looks at no URLs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { UnpluginOptions } from 'unplugin';
import { emitWasm } from './emit-wasm.js';
import type { Context } from './hooks.js';

/** What hooks have in Vite: one environment for browsers, one for each kind of server. Vite 5 has none. */
interface InEnvironment {
  readonly environment?: { readonly config: { readonly consumer: string } };
}

/** The wasm files that are built for servers. */
export class ServerAssets {
  /** By the references that the bundler has given them, for each environment. */
  readonly #files = new WeakMap<object, Map<string, string>>();
  /** Whether Vite 5 builds for a server. */
  isForServer = false;

  /** The expression for the URL of a wasm file beside the code that is written; undefined in what browsers get. */
  urlOf(context: Context & InEnvironment, wasm: string): string | undefined {
    const { environment } = context;
    if (environment === undefined ? !this.isForServer : environment.config.consumer !== 'server') return undefined;
    const reference = emitWasm(context, wasm);
    this.#of(context).set(reference, wasm);
    return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`;
  }

  /** The hooks that write the files. */
  get hooks(): NonNullable<UnpluginOptions['vite']> {
    const filesOf = (context: InEnvironment): Map<string, string> => this.#of(context);
    const names = new Map<string, string>();
    return {
      resolveFileUrl({ referenceId, relativePath }) {
        return filesOf(this).has(referenceId ?? '') ? `new URL(${JSON.stringify(relativePath)}, import.meta.url).href` : null;
      },
      generateBundle() {
        names.clear();
        for (const [reference, wasm] of filesOf(this)) names.set(this.getFileName(reference), wasm);
      },
      writeBundle({ dir = '' }) {
        for (const [name, wasm] of names) {
          mkdirSync(dirname(join(dir, name)), { recursive: true });
          writeFileSync(join(dir, name), readFileSync(wasm));
        }
      },
    };
  }

  #of({ environment = this }: { readonly environment?: object }): Map<string, string> {
    const files = this.#files.get(environment) ?? new Map<string, string>();
    this.#files.set(environment, files);
    return files;
  }
}
