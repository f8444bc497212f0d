// Started by `bin/wasm-revive.js`.
import { Command, InvalidArgumentError, Option } from 'commander';
import { showFailure } from './cli/failure.js';
import { runSymbolicate } from './cli/symbolicate.js';
import { runTimeline } from './cli/timeline.js';
import { runTransform } from './cli/transform.js';
import { version } from './transform.js';

const program = new Command('wasm-revive')
  .description('Makes Rust in WebAssembly survive its own panics and aborts.')
  .version(version())
  .showHelpAfterError();

program
  .command('transform')
  .description('turn the output of wasm-bindgen or wasm-pack into a package that recovers')
  .argument('<pkg-dir>', 'the folder that wasm-bindgen wrote (targets web, bundler, nodejs, module, deno)')
  .option('--out-dir <dir>', 'write there instead of in place')
  .option('--name <name>', 'transform one module of several in the folder: `app` of `app_bg.wasm`')
  .addOption(
    new Option(
      '--runtime <where>',
      '`beside` puts the runtime beside the output, `import` imports it from the wasm-revive package, anything else from the module of that name',
    )
      .default('beside')
      .argParser(nameOfModule),
  )
  .addOption(
    new Option(
      '--recovery <how>',
      'after an abort, `fresh` begins with a fresh instance, `rollback` undoes the turn that failed and loses nothing else',
    )
      .choices(['fresh', 'rollback'])
      .default('fresh'),
  )
  .action(runTransform);

program
  .command('symbolicate')
  .description('show a crash report, with files and lines where a debug file tells them')
  .argument('<report.json>', 'the report as JSON; - for standard input')
  .option('--debug <wasm>', 'the module with debug information, as `wasm-bindgen --keep-debug` made it')
  .option('--source-root <dir>', 'where relative paths of sources are looked up (default: the working directory)')
  .option('--full', "show the frames of Rust's own libraries, too")
  .option('--json', 'write the report as JSON, with what was found out')
  .option('--force', 'use the debug file though it is of another build, or has no debug information')
  .action(runSymbolicate);

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
  await program.parseAsync();
} catch (error) {
  showFailure(error);
  process.exitCode = 1;
}

function nameOfModule(where: string): string {
  if (where === '') throw new InvalidArgumentError('Give `beside`, `import`, or what the output is to import the runtime as.');
  return where;
}
