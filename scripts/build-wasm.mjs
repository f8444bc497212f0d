#!/usr/bin/env node
// Builds the repository's Wasm modules from Rust and runs wasm-bindgen on them, into `.artifacts` (see `lib/wasm-artifacts.mjs`).
import { parseArgs } from 'node:util';
import { step } from './lib/progress.mjs';
import { runMain, UserError } from './lib/user-error.mjs';
import { buildArtifact, listedArtifacts } from './lib/wasm-artifacts.mjs';

const USAGE = `Usage: node scripts/build-wasm.mjs [<crate-folder>] [options]

Without a crate: everything in scripts/wasm-artifacts.json. With one: what is listed there for it, changed by the options.

  --panic <mode>           abort, unwind or unwind-exnref only
  --variants a,b           wasm-bindgen targets, each also as <target>-reset
  --features a,b           cargo features
  --as name                folder in .artifacts (default: the crate's)`;

await runMain(async () => {
  for (const artifact of wanted()) {
    await step(`Wasm module ${artifact.as}, panic=${artifact.panic}`, async (tell) => {
      tell.result(await buildArtifact(artifact, tell));
    });
  }
});

function wanted() {
  const { values, positionals } = parse();
  const [crate] = positionals;
  const panic = values.panic;
  if (panic !== undefined && !['abort', 'unwind', 'unwind-exnref'].includes(panic))
    throw new UserError(`--panic is abort, unwind or unwind-exnref, not "${panic}".\n\n${USAGE}`);
  const split = (list) => list?.split(',').filter(Boolean);
  const listed = listedArtifacts({ crate }).filter((artifact) => panic === undefined || artifact.panic === panic);
  if (crate === undefined || (listed.length > 0 && !values.variants && !values.features && !values.as)) return listed;
  const modes = panic ? [panic] : ['abort', 'unwind'];
  return modes.map((mode) => {
    const base = listed.find((artifact) => artifact.panic === mode);
    return {
      crate,
      panic: mode,
      variants: split(values.variants) ?? base?.variants ?? ['web', 'bundler', 'nodejs', 'module'],
      features: split(values.features) ?? [],
      as: values.as ?? crate,
    };
  });
}

function parse() {
  try {
    const string = { type: 'string' };
    const parsed = parseArgs({ allowPositionals: true, options: { panic: string, variants: string, features: string, as: string } });
    if (parsed.positionals.length > 1) throw new Error(`One crate at a time, not ${parsed.positionals.join(' and ')}.`);
    return parsed;
  } catch (error) {
    throw new UserError(`${error.message}\n\n${USAGE}`);
  }
}
