#!/usr/bin/env node
import { TransformError, type TransformResult } from '@wasm-revive/bindgen';
import { Command, Option } from 'commander';
import { Listr } from 'listr2';
import { transform, version } from './transform.js';

interface TransformFlags {
  readonly outDir?: string;
  readonly recovery: 'fresh';
  readonly runtime: 'beside' | 'import';
}

const program = new Command('wasm-revive')
  .description('Makes Rust in WebAssembly survive its own panics and aborts.')
  .version(version())
  .showHelpAfterError();

program
  .command('transform')
  .description('turn the output of wasm-bindgen or wasm-pack into a package that recovers')
  .argument('<pkg-dir>', 'the folder that wasm-bindgen wrote (targets web, bundler, nodejs, module)')
  .option('--out-dir <dir>', 'write there instead of in place')
  .addOption(new Option('--recovery <kind>', 'what an abort leads to').choices(['fresh']).default('fresh'))
  .addOption(
    new Option('--runtime <where>', 'put the runtime beside the output, or import it from the wasm-revive package')
      .choices(['beside', 'import'])
      .default('beside'),
  )
  .action(runTransform);

async function runTransform(dir: string, flags: TransformFlags): Promise<void> {
  let result: TransformResult | undefined;
  const tasks = new Listr(
    [
      {
        title: `Transforming ${dir}`,
        task: (_, task) => {
          result = transform({ dir, ...flags });
          task.title = summary(result);
        },
      },
    ],
    { renderer: process.stdout.isTTY ? 'default' : 'silent' },
  );
  await tasks.run();
  if (result && !process.stdout.isTTY) console.log(summary(result));
}

function summary({ name, target, outDir, guards }: TransformResult): string {
  return `${name} (${target}): ${guards.exports} exports and ${guards.imports} imports guarded, written to ${outDir}`;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof TransformError) console.error(`error ${error.code}: ${error.message}`);
  else console.error(error);
  process.exitCode = 1;
}
