import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import { type BuildOptions, type BuildTarget, type Built, build, type Step } from '../build/build.js';
import type { FileSize, Size } from '../build/sizes.js';
import type { PanicMode } from '../toolchain/rust.js';
import { wantsColour } from './input.js';
import { interruptible } from './interruption.js';
import { refuseUnheeded, showWarnings } from './transform.js';

/** Its options. */
export interface BuildFlags {
  readonly target: BuildTarget;
  readonly release?: boolean;
  readonly dev?: boolean;
  readonly profile?: string;
  readonly panic: PanicMode;
  readonly recovery: 'fresh' | 'rollback';
  readonly commit: 'log' | 'copy';
  readonly memoryLimit: number;
  readonly prewarm?: boolean;
  readonly outDir?: string;
  readonly outName?: string;
  readonly runtime: string;
  readonly splitDebug?: string;
  readonly optimize?: boolean;
}

/** Options that a Worker has no use for. */
const NOT_OF_WORKERS = ['runtime', 'memoryLimit', 'splitDebug', 'outName'];

/** `wasm-revive build`. @param cargoArgs what follows `--` */
export async function runBuild(dir: string, cargoArgs: readonly string[], flags: BuildFlags, command: Command): Promise<void> {
  refuseUnheeded(flags, command);
  const given = NOT_OF_WORKERS.find((name) => command.getOptionValueSource(name) === 'cli');
  if (flags.target === 'workers' && given !== undefined) {
    const option = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.error(
      `error: --${option} is of packages; a Worker is bundled with its runtime, under the names that wrangler takes. Nothing was changed.`,
    );
  }
  if (flags.target === 'no-modules' && command.getOptionValueSource('runtime') === 'cli') {
    command.error(
      'error: --runtime is of modules; a script (--target no-modules) can import nothing, and has its runtime in it. Nothing was changed.',
    );
  }
  if (flags.outDir === '') command.error('error: --out-dir is empty. Give a folder, `.` for the one that you are in.');
  const { target, outDir = target === 'workers' ? 'build' : 'pkg', splitDebug } = flags;
  const env = { ...process.env, ...(wantsColour() && { CARGO_TERM_COLOR: 'always' }) };
  const options: Omit<BuildOptions, 'interruption'> = {
    dir,
    target,
    outDir: flags.outDir === undefined ? join(resolve(dir), outDir) : resolve(outDir),
    name: flags.outName,
    profile: flags.profile ?? (flags.dev ? 'dev' : 'release'),
    panic: flags.panic,
    cargoArgs,
    recovery: flags.recovery,
    commit: flags.commit,
    memoryLimitMiB: flags.memoryLimit,
    prewarm: flags.prewarm === true,
    runtime: flags.runtime,
    splitDebug,
    optimize: flags.optimize === true,
    env,
  };
  const built = await interruptible((interruption) => build({ ...options, interruption }, listrStep));
  if (built.warnings !== '') console.error(built.warnings);
  if (built.transformed !== undefined) showWarnings(built.transformed);
  for (const note of built.notes) console.warn(`Warning: ${note}`);
  console.log(table(built));
}

/** In a terminal, what a tool is at is shown below its title, and goes when it has ended. */
const listrStep: Step = async (title, run, done) => {
  let result: Awaited<ReturnType<typeof run>> | undefined;
  const tasks = new Listr(
    [
      {
        title,
        task: async (_, task) => {
          result = await run((line) => {
            task.output = line;
          });
          task.title = done(result);
        },
      },
    ],
    { renderer: process.stdout.isTTY ? 'default' : 'silent', registerSignalListeners: false },
  );
  if (!process.stdout.isTTY) console.log(title);
  await tasks.run();
  const given = result as Awaited<ReturnType<typeof run>>;
  if (!process.stdout.isTTY) console.log(`  ${done(given)}`);
  return given;
};

function table({ sizes }: Built): string {
  const total = (which: 'before' | 'after'): Size =>
    sizes.reduce((sum, size) => ({ bytes: sum.bytes + (size[which]?.bytes ?? 0), gzip: sum.gzip + (size[which]?.gzip ?? 0) }), {
      bytes: 0,
      gzip: 0,
    });
  const all: FileSize[] = [...sizes, { file: 'together', before: total('before'), after: total('after') }];
  const rows = all.map(({ file, before, after }) => [file, before === undefined ? '' : kibibytes(before), kibibytes(after)]);
  const lines = [['', 'wasm-bindgen’s', 'with recovery'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   '),
    )
    .join('\n');
}

function kibibytes({ bytes, gzip }: Size): string {
  return `${(bytes / 1024).toFixed(1)} KiB (gzip ${(gzip / 1024).toFixed(1)})`;
}
