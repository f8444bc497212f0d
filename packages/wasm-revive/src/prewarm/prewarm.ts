/**
 * The state that a module has after its start function, for a wasm file that begins in it: the package is transformed so that its state can be copied,
 * and loaded in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Prewarmed, type RuntimeFiles, TransformError, type TransformedModule, transform } from '@wasm-revive/bindgen';
import { heldValues, stateOf } from './held-values.js';
import type { StartOutcome, StartTask } from './outcome.js';

/** A start function that takes longer has hung. */
const MOST_MS = 60_000;

/** What start functions have done that is done no more, in sentences, beside the states. */
export interface Prewarming {
  readonly prewarmed: ReadonlyMap<string, Prewarmed>;
  readonly warnings: readonly string[];
}

/**
 * Runs the start function of each module of a package once. The package stays as it is.
 * @throws TransformError `REVIVE_NOT_PREWARMED` where a state is more than what the wasm file can begin with; others as the transform does
 */
export function prewarm(dir: string, name: string | readonly string[] | undefined, runtime: RuntimeFiles, version: string): Prewarming {
  const folder = temporaryFolder();
  try {
    const copy = join(folder, 'pkg');
    const { modules } = copied(() => transform({ dir, outDir: copy, name, recovery: 'rollback', commit: 'copy', runtime, version }), dir);
    const isScript = modules.some(({ target }) => target === 'nodejs');
    // What a package is without a package.json of its own.
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: isScript ? 'commonjs' : 'module' }));
    const prewarmed = new Map<string, Prewarmed>();
    const warnings: string[] = [];
    for (const module of modules) {
      const { state, called, given } = start(copy, module);
      const saved = stateOf(Buffer.from(state, 'base64'));
      const held = heldValues(saved.values, given);
      if (held.length > 0) {
        const several = held.length > 1;
        throw refused(
          module.name,
          `it leaves Rust with ${held.length} of JavaScript's values, which ${several ? 'are' : 'is'} in no wasm file: ${held.join(', ')}`,
        );
      }
      prewarmed.set(module.name, saved.state);
      warnings.push(...warningsOf(module.name, called));
    }
    return { prewarmed, warnings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws TransformError `REVIVE_FILE_SYSTEM` */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'wasm-revive-prewarm-'));
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

function start(dir: string, { name, file }: TransformedModule): Extract<StartOutcome, { kind: 'started' }> {
  const program = fileURLToPath(new URL('prewarm-child.js', import.meta.url));
  if (!existsSync(program)) {
    throw new TransformError(
      'REVIVE_BROKEN_INSTALLATION',
      `${program}, a file of wasm-revive itself, is missing. Install wasm-revive again; in a checkout of it, run \`npm run build\`.`,
    );
  }
  const task: StartTask = { entry: join(dir, file), wasm: join(dir, `${name}_bg.wasm`) };
  const { output, signal, status, error } = spawnSync(process.execPath, [program], {
    input: JSON.stringify(task),
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
      'changes nothing but memory. Leave `--prewarm` away, or do what needs JavaScript when it is first used.',
    { cause },
  );
}

/** Functions of the host that give something else each time. */
const ASKS = /^(?:getRandomValues|randomFillSync|random|randomUUID|now|new_?0|getTime|getTimezoneOffset)$/;

function warningsOf(name: string, called: readonly string[]): string[] {
  const names = [...new Set(called.map(plainName))].filter((one) => !one.startsWith('__wb'));
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
