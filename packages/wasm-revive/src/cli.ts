// Started by `bin/wasm-revive.js`.
import { isMemoryLimit } from '@wasm-revive/bindgen';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BUILD_TARGETS } from './build/build.js';
import { type BuildFlags, runBuild } from './cli/build.js';
import { runDoctor } from './cli/doctor.js';
import { showFailure } from './cli/failure.js';
import { runReplay } from './cli/replay.js';
import { runSymbolicate } from './cli/symbolicate.js';
import { runTimeline } from './cli/timeline.js';
import { runTransform } from './cli/transform.js';
import { version } from './transform.js';

const program = new Command('wasm-revive')
  .description('Makes Rust in WebAssembly survive its own panics and aborts.')
  .version(version())
  .showHelpAfterError();

// What follows `--` is cargo's. commander takes it for arguments like those before.
const separator = process.argv[2] === 'build' ? process.argv.indexOf('--') : -1;
const [ownArgs, cargoArgs] = separator === -1 ? [process.argv, []] : [process.argv.slice(0, separator), process.argv.slice(separator + 1)];

/** Options of what is transformed, wherever it comes from. */
const RUNTIME = new Option(
  '--runtime <where>',
  '`beside` puts the runtime beside the output, `import` imports it from the wasm-revive package, anything else from the module of that name',
)
  .default('beside')
  .argParser(nameOfModule);
const RECOVERY = new Option(
  '--recovery <how>',
  'after an abort, `fresh` begins with a fresh instance, `rollback` undoes the turn that failed and loses nothing else',
)
  .choices(['fresh', 'rollback'])
  .default('fresh');
const MEMORY_LIMIT = new Option(
  '--memory-limit <MiB>',
  'with rollback: to how much the memory may grow, for each of which the undo log takes 1 KiB',
)
  .default(1024)
  .argParser(mebibytes);
const SPLIT_DEBUG = new Option(
  '--split-debug <file>',
  'move debug information (DWARF) to this file, and leave in the wasm file where it is',
);

program
  .command('build')
  .description('build a crate with cargo and wasm-bindgen into a package that recovers, or into a Worker')
  .usage('[options] [crate-dir] [-- <cargo-args...>]')
  .argument('[crate-dir]', 'the folder of the crate', '.')
  .addOption(new Option('--target <target>', 'what it is for').choices(BUILD_TARGETS).default('web'))
  .addOption(new Option('--release', "with cargo's profile `release` (the default)").conflicts(['dev', 'profile']))
  .addOption(new Option('--dev', "with cargo's profile `dev`").conflicts('profile'))
  .option('--profile <name>', 'with a profile of cargo')
  .addOption(
    new Option('--panic <mode>', 'what a panic does; for `unwind`, std is built anew by a nightly Rust')
      .choices(['abort', 'unwind'])
      .default('abort'),
  )
  .option('--out-dir <dir>', "where the package goes (default: the crate's `pkg`; of a Worker, its `build`)")
  .addOption(new Option('--out-name <name>', "the name of the module (default: the crate's)").argParser(nameOfFile))
  .option('--optimize', 'run wasm-opt -O before the transform')
  .addOption(RUNTIME)
  .addOption(RECOVERY)
  .addOption(MEMORY_LIMIT)
  .addOption(SPLIT_DEBUG)
  .action((dir: string, flags: BuildFlags, command: Command) => runBuild(dir, cargoArgs, flags, command));

program
  .command('doctor')
  .description('show what this machine, this engine and a crate or package can do, and what to do about what is missing')
  .argument('[where]', 'the folder of a crate or of a package, or the name of a package that is installed', '.')
  .addOption(new Option('--panic <mode>', 'the mode that the crate is to be built in').choices(['abort', 'unwind']).default('abort'))
  .option('--json', 'write it as JSON')
  .action(runDoctor);

program
  .command('transform')
  .description('turn the output of wasm-bindgen or wasm-pack into a package that recovers')
  .argument('<pkg-dir>', 'the folder that wasm-bindgen wrote (of any target)')
  .option('--out-dir <dir>', 'write there instead of in place')
  .option(
    '--name <name>',
    'transform only this module of several in the folder, `app` of `app_bg.wasm`; can be given several times',
    (name: string, names: readonly string[] = []) => [...names, name],
  )
  .addOption(RUNTIME)
  .addOption(RECOVERY)
  .addOption(MEMORY_LIMIT)
  .addOption(SPLIT_DEBUG)
  .action(runTransform);

program
  .command('symbolicate')
  .description('show a crash report, with files and lines where a debug file tells them')
  .argument('<report.json>', 'the report as JSON; - for standard input')
  .option('--debug <wasm>', 'the module with debug information, or one that `transform --split-debug` has left it out of')
  .option('--source-root <dir>', 'where relative paths of sources are looked up (default: the working directory)')
  .option('--full', "show the frames of Rust's own libraries, too")
  .option('--json', 'write the report as JSON, with what was found out')
  .option('--force', 'use the debug file though it is of another build, or has no debug information')
  .action(runSymbolicate);

program
  .command('replay')
  .description('make the call of a crash capsule again, and show how it fails')
  .argument('<capsule.json>', 'what `capsule` of a quarantine was given, as JSON; - for standard input')
  .argument('<pkg-dir>', 'the transformed package, of the build that failed')
  .option('--debug <wasm>', 'the module with debug information, as `wasm-bindgen --keep-debug` made it')
  .option('--source-root <dir>', 'where relative paths of sources are looked up (default: the working directory)')
  .option('--full', "show the frames of Rust's own libraries, too")
  .addOption(new Option('--timeout <seconds>', 'how long the call may take').default(30).argParser(seconds))
  .action(runReplay);

program
  .command('timeline')
  .description('show a timeline that @wasm-revive/timeline recorded, in the terminal or as a page')
  .argument('<run.json>', 'the timeline as JSON; - for standard input')
  .option('--html <file>', 'write it as one HTML file, in place of showing it here')
  .option('--svg <file>', 'write it as a picture')
  .action(runTimeline);

// What reads the output may stop before its end, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
process.on('uncaughtException', (error) => {
  showFailure(error);
  process.exit(1);
});
try {
  await program.parseAsync(ownArgs);
} catch (error) {
  showFailure(error);
  process.exitCode = 1;
}

function mebibytes(text: string): number {
  const limit = Number(text);
  if (!isMemoryLimit(limit)) throw new InvalidArgumentError('Give a whole number from 1 to 1024.');
  return limit;
}

function seconds(text: string): number {
  const value = Number(text);
  // What is longer than a timer can wait.
  if (!(value > 0 && value <= 2_000_000)) throw new InvalidArgumentError('Give a number of seconds, more than 0.');
  return value;
}

/** What files are called by: no path. */
function nameOfFile(name: string): string {
  if (/^[^/\\]+$/.test(name) && !name.startsWith('.')) return name;
  throw new InvalidArgumentError('It has to be the name of a file without its ending, and no path.');
}

function nameOfModule(where: string): string {
  if (where === '') throw new InvalidArgumentError('Give `beside`, `import`, or what the output is to import the runtime as.');
  return where;
}
