/**
 * The half of a build that makes a Worker. It is a package of its own, which depends on this one; so the project has to have it, which needs its
 * runtime anyway.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TransformError } from '@wasm-revive/bindgen';
import { BuildError } from './errors.js';
import type { Size } from './sizes.js';

const PACKAGE = '@wasm-revive/workers/build';
const INSTALL = 'npm install --save-dev @wasm-revive/workers';

/** What is used of that package. */
interface WorkersBuild {
  makeWorker(options: WorkerOptions & { readonly env: NodeJS.ProcessEnv }): MadeWorker;
}

/** Options of {@link bundleWorker}. */
export interface WorkerOptions {
  /** wasm-bindgen's output, for the target `module`, called `index`. */
  readonly dir: string;
  readonly outDir: string;
  /** The crate's folder. */
  readonly project: string;
  readonly recovery: 'fresh' | 'rollback';
  readonly commit: 'log' | 'copy';
  readonly prewarm: boolean;
  readonly minify: boolean;
}

/** A Worker that was made. */
export interface MadeWorker {
  readonly exports: { readonly functions: readonly string[]; readonly classes: readonly string[] };
  readonly warnings: readonly string[];
  /** The same bundle without recovery. */
  readonly before: ReadonlyMap<string, Size>;
}

/** Where that package is, as the crate's folder finds it, or as this one does. @throws BuildError `REVIVE_NO_TOOL` */
export function findWorkersBuild(dir: string): string {
  for (const from of [join(dir, 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve(PACKAGE);
    } catch {
      // The next one may find it.
    }
  }
  throw new BuildError(
    'REVIVE_NO_TOOL',
    `The target workers needs @wasm-revive/workers, which is not installed in ${dir}, nor around it. Run \`${INSTALL}\` there.`,
    { todo: INSTALL },
  );
}

/** @param file where the package is @throws BuildError, TransformError */
export async function bundleWorker(file: string, options: WorkerOptions, env: NodeJS.ProcessEnv): Promise<MadeWorker> {
  const { makeWorker } = (await import(pathToFileURL(file).href)) as WorkersBuild;
  try {
    return makeWorker({ ...options, env });
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TransformError || error.name !== 'WorkersBuildError') throw error;
    const [message = '', ...output] = error.message.split('\n');
    throw new BuildError('REVIVE_TOOL_FAILED', message, { output: output.join('\n'), cause: error });
  }
}
