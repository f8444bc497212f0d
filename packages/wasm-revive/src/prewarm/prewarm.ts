/**
 * The state that a module has after its start function, for a wasm file that begins in it: the package is transformed so that its state can be copied,
 * and loaded in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  openRunFolder,
  type Prewarmed,
  type Prewarming,
  type RuntimeFiles,
  removeLeftFolders,
  TransformError,
  type TransformedModule,
  transform,
} from '@wasm-revive/bindgen';
import { entryOf } from './entry.js';
import { notEverywhere, stateOf } from './held-values.js';
import type { StartOutcome, StartTask } from './outcome.js';

/** A start function that takes longer has hung. */
const MOST_MS = 60_000;

/** What the folders begin with in which packages are started. */
const FOLDER = 'wasm-revive-prewarm';

/**
 * Runs the start function of each module of a package once. The package stays as it is.
 * @throws TransformError `REVIVE_NOT_PREWARMED` where a state is more than what the wasm file can begin with; others as the transform does
 */
export function prewarm(dir: string, name: string | readonly string[] | undefined, runtime: RuntimeFiles, version: string): Prewarming {
  removeLeftFolders(tmpdir(), FOLDER);
  const folder = temporaryFolder();
  try {
    const copy = join(folder, 'pkg');
    const { modules } = copied(() => transform({ dir, outDir: copy, name, recovery: 'rollback', commit: 'copy', runtime, version }), dir);
    const isScript = modules.some(({ target }) => target === 'nodejs');
    // What a package is without a package.json of its own.
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: isScript ? 'commonjs' : 'module' }));
    const packages = nearestPackages(resolve(dir));
    if (packages !== undefined) symlinkSync(packages, join(folder, 'node_modules'), 'junction');
    const prewarmed = new Map<string, Prewarmed>();
    const warnings: string[] = [];
    for (const module of modules) {
      const { state, called, given } = start(copy, module);
      const begins = stateOf(Buffer.from(state, 'base64'), given);
      const foreign = notEverywhere(begins.held, module.target);
      if (foreign.length > 0) {
        const why = `it leaves Rust with objects of the host that not every host of the target ${module.target} has: ${foreign.join(', ')}`;
        throw refused(module.name, why);
      }
      prewarmed.set(module.name, begins);
      warnings.push(...warningsOf(module.name, called));
    }
    return { prewarmed, warnings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The packages that a file in a folder finds by their names. */
function nearestPackages(dir: string): string | undefined {
  const own = join(dir, 'node_modules');
  if (existsSync(own)) return own;
  return dir === dirname(dir) ? undefined : nearestPackages(dirname(dir));
}

/** @throws TransformError `REVIVE_FILE_SYSTEM` */
function temporaryFolder(): string {
  try {
    return openRunFolder(tmpdir(), FOLDER);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TransformError(
      'REVIVE_FILE_SYSTEM',
      `${tmpdir()}, where temporary files go, can't be written (${why}): \`--prewarm\` runs a copy of the package there. Nothing was changed. ` +
        'Make it writable, or name another folder in the environment, as TMPDIR (on Windows, TEMP).',
      { cause },
    );
  }
}

/** @throws TransformError `REVIVE_NOT_PREWARMED` where the module has a state that can't be copied */
function copied<R>(run: () => R, dir: string): R {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TransformError) || error.code !== 'REVIVE_CANNOT_UNDO') throw error;
    throw refused(dir, `its state can't be copied (${error.message})`, error);
  }
}

function start(dir: string, module: TransformedModule): Extract<StartOutcome, { kind: 'started' }> {
  const program = fileURLToPath(new URL('prewarm-child.js', import.meta.url));
  if (!existsSync(program)) {
    throw new TransformError(
      'REVIVE_BROKEN_INSTALLATION',
      `${program}, a file of wasm-revive itself, is missing. Install wasm-revive again; in a checkout of it, run \`npm run build\`.`,
    );
  }
  const { name, exceptions } = module;
  const task: StartTask = { name, exceptions, entry: entryOf(dir, module), wasm: join(dir, `${name}_bg.wasm`) };
  const { output, signal, status, error } = spawnSync(process.execPath, [program], {
    input: JSON.stringify(task),
    // What they ask of a program is not asked of this one.
    env: { ...process.env, WASM_REVIVE_PROTECT: '', WASM_REVIVE_PREWARM: '' },
    // What the program prints is not what this command has to say.
    stdio: ['pipe', 2, 2, 'pipe'],
    maxBuffer: Number.POSITIVE_INFINITY,
    timeout: MOST_MS,
    killSignal: 'SIGKILL',
  });
  const text = String(output?.[3] ?? '');
  if (text === '') {
    const how = error?.message ?? (signal === null ? `it ended with the code ${status}` : `it was ended by ${signal}`);
    throw refused(name, `the process in which it ran gave nothing (${how})`);
  }
  const outcome = JSON.parse(text) as StartOutcome;
  if (outcome.kind === 'failed') throw refused(name, `in Node.js, found: ${outcome.why}`);
  return outcome;
}

function refused(name: string, why: string, cause?: unknown): TransformError {
  return new TransformError(
    'REVIVE_NOT_PREWARMED',
    `The start function of ${name} can't be run once for all instances: ${why}. Nothing was changed. What is supported is a start function that Node.js can run, and that ` +
      'leaves nothing but memory, and values of JavaScript that a saved state carries, too. Leave `prewarm` away, or do what needs the rest when it is first used.',
    { cause },
  );
}

/** Functions of the host that give something else each time. */
const ASKS = /^(?:getRandomValues|randomFillSync|random|randomUUID|now|new_?0|getTime|getTimezoneOffset)$/;

/** Functions of the glue's own, and those that look for an object of the host: neither does anything. */
const NOTHING_DONE = /^(?:__wb|static_accessor_)/;

function warningsOf(name: string, called: readonly string[]): string[] {
  const names = [...new Set(called.map(plainName))].filter((one) => !NOTHING_DONE.test(one));
  const asks = names.filter((one) => ASKS.test(one));
  const does = names.filter((one) => !ASKS.test(one));
  return [
    ...(asks.length === 0
      ? []
      : [
          `The start function of ${name} asked for randomness or the time (${asks.join(', ')}) when it was run for --prewarm: each instance begins with the same answer. ` +
            'Ask anew in a hook of `wasm_revive::on_restore`, which runs in each instance.',
        ]),
    ...(does.length === 0
      ? []
      : [
          `The start function of ${name} called JavaScript (${does.join(', ')}) when it was run for --prewarm. What that did is not done again where the package runs. ` +
            'Do it in a hook of `wasm_revive::on_restore`, which runs in each instance.',
        ]),
  ];
}

/** `__wbg_getRandomValues_1c61fac11405ffdc` is `getRandomValues`. */
function plainName(name: string): string {
  // What imports are called that the transform has moved.
  if (name.startsWith('__wasm_revive_import_')) return 'a function of a snippet';
  return name.replace(/^__wbg_/, '').replace(/_?[0-9a-f]{16}$/, '');
}
