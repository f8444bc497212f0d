import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../../../../scripts/lib/user-error.mjs';

/**
 * @typedef {object} Options
 * @property {string} checkout the wasm-bindgen checkout
 * @property {string} transform how to transform: see `transform-step.mjs`
 * @property {('reference' | 'suite')[]} parts what to run
 * @property {import('./flavours.mjs').FlavourName[]} panic which panic modes
 * @property {string | undefined} filter only reference cases and tests whose name contains this
 * @property {boolean} upstreamOnly reference corpus: only what upstream itself generates, not every target of every test
 * @property {string[]} nodes Node binaries to load and run with
 * @property {string} jobs what `cargo -j` gets
 * @property {boolean} rebuild forget what was built and measured before
 */

const HELP = `Measures drop-in on what wasm-bindgen's authors wrote: their reference corpus and their wasm test suite.

  npm run corpus -w packages/conformance -- --wasm-bindgen DIR [options]

  --wasm-bindgen DIR   a checkout of github.com/wasm-bindgen/wasm-bindgen (it is only read)
  --part NAME          reference or suite; may be repeated (default: both)
  --panic MODE         abort or unwind; may be repeated (default: both)
  --filter TEXT        only reference cases and tests whose name contains TEXT
  --upstream-only      reference corpus: only the outputs that upstream keeps, not every supported target of every test
  --transform HOW      library (default), rollback (turns can be undone), cli, identity (changes nothing: proves the scripts), or a command line in which {dir} is replaced
  --node PATH          a Node binary to load and run with; may be repeated (default: this one)
  --jobs N             cargo's -j (default: 1)
  --rebuild            forget what was built and measured before`;

/**
 * Reads the command line.
 *
 * @param {string[]} args
 * @returns {Options | undefined} nothing when help was asked for and printed
 * @throws {UserError} when something is missing or unknown
 */
export function readOptions(args) {
  const values = parse(args);
  if (values.help) {
    console.log(HELP);
    return undefined;
  }
  const given = values['wasm-bindgen'];
  if (!given) throw new UserError(`No checkout of wasm-bindgen was given.\n\n${HELP}`);
  // npm runs scripts in the package's folder; what the user typed is relative to where they stood.
  const from = process.env.INIT_CWD ?? process.cwd();
  const checkout = path.resolve(from, given);
  if (!fs.existsSync(path.join(checkout, 'crates/cli/tests/reference'))) {
    throw new UserError(
      `${checkout} is not a checkout of wasm-bindgen: it has no crates/cli/tests/reference. Clone https://github.com/wasm-bindgen/wasm-bindgen and pass its folder.`,
    );
  }
  return {
    checkout,
    transform: values.transform,
    parts: oneOf('--part', values.part, ['reference', 'suite']),
    panic: oneOf('--panic', values.panic, ['abort', 'unwind']),
    filter: values.filter,
    upstreamOnly: values['upstream-only'],
    nodes: values.node.length > 0 ? values.node.map((node) => path.resolve(from, node)) : [process.execPath],
    jobs: values.jobs,
    rebuild: values.rebuild,
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        'wasm-bindgen': { type: 'string' },
        part: { type: 'string', multiple: true, default: [] },
        panic: { type: 'string', multiple: true, default: [] },
        filter: { type: 'string' },
        'upstream-only': { type: 'boolean', default: false },
        transform: { type: 'string', default: 'library' },
        node: { type: 'string', multiple: true, default: [] },
        jobs: { type: 'string', default: '1' },
        rebuild: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
}

/**
 * @template {string} T
 * @param {string} option
 * @param {string[]} chosen
 * @param {T[]} known
 * @returns {T[]} what was chosen, or everything
 */
function oneOf(option, chosen, known) {
  for (const name of chosen) {
    if (!known.some((each) => each === name)) throw new UserError(`${option} ${name} is not known; it can be ${known.join(' or ')}.`);
  }
  return chosen.length === 0 ? known : known.filter((name) => chosen.includes(name));
}
