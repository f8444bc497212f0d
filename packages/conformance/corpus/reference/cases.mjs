import fs from 'node:fs';
import path from 'node:path';
import { panicOf } from '../lib/flavours.mjs';

/**
 * One output of upstream's corpus: a test's source, a flavour it is compiled in, and the flags that wasm-bindgen gets.
 *
 * @typedef {object} Case
 * @property {string} id unique, a folder's name
 * @property {string} test the source's name without `.rs`
 * @property {import('../lib/flavours.mjs').FlavourName} flavour
 * @property {string[]} flags
 * @property {string} target wasm-bindgen's target
 * @property {boolean} isUpstream whether upstream keeps this very output, or we ask for it on top
 * @property {Refusal[]} byDesign how it has to be refused, where that is the design: in any of these ways
 */

/** @typedef {{ why: string, code: string, says?: RegExp }} Refusal `code`, and what the message says where a code stands for several reasons */

/** @typedef {{ name: string, file: string, flags: string[][], dependencies: string[] }} Test */

const SUPPORTED = ['web', 'bundler', 'nodejs', 'module'];

/** Sources that upstream's reference.rs compiles in a way of their own, and in no other. */
const SPECIAL = new Map([
  ['panic-unwind', /** @type {const} */ ('exnref')],
  ['panic-unwind-legacy', /** @type {const} */ ('unwind')],
]);

/** The source that reference.rs compiles in two more ways. */
const PLATFORM_TEST = 'targets';

/** What every source is also generated as. Upstream's reset flag is for these targets only. */
const EVERY = [
  ...SUPPORTED.flatMap((target) => [[`--target=${target}`], [`--target=${target}`, '--debug']]),
  ...['web', 'nodejs', 'module'].map((target) => [`--target=${target}`, '--experimental-reset-state-function']),
];

/**
 * Reads the sources' `// FLAGS:` and `// DEPENDENCY:` lines as upstream's crates/cli/tests/wasm-bindgen/reference.rs does.
 *
 * @param {string} checkout
 * @returns {Test[]}
 */
export function readTests(checkout) {
  const dir = path.join(checkout, 'crates/cli/tests/reference');
  return fs
    .readdirSync(dir)
    .filter((name) => name.endsWith('.rs'))
    .sort()
    .map((name) => {
      const file = path.join(dir, name);
      const lines = fs.readFileSync(file, 'utf8').split('\n');
      const after = (/** @type {string} */ prefix) =>
        lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
      const flags = after('// FLAGS: ').map((line) => line.split(/\s+/));
      return {
        name: path.basename(name, '.rs'),
        file,
        flags: flags.length > 0 ? flags : [[]],
        dependencies: after('// DEPENDENCY: ').map((line) => line.replaceAll('{root}', checkout)),
      };
    });
}

/**
 * Every output to look at.
 *
 * @param {Test[]} tests
 * @param {{ panic: string[], upstreamOnly: boolean, filter: string | undefined }} options
 * @returns {Case[]}
 */
export function listCases(tests, { panic, upstreamOnly, filter }) {
  /** @type {Map<string, Case>} */
  const cases = new Map();
  const add = (
    /** @type {Test} */ test,
    /** @type {Case['flavour']} */ flavour,
    /** @type {string[]} */ flags,
    /** @type {boolean} */ isUpstream,
  ) => {
    const made = makeCase(test.name, flavour, flags, isUpstream);
    if (!cases.has(made.id) && (filter === undefined || made.id.includes(filter))) cases.set(made.id, made);
  };
  for (const test of tests) {
    const special = SPECIAL.get(test.name);
    const own = special
      ? [special]
      : test.name === PLATFORM_TEST
        ? /** @type {const} */ (['abort', 'mvp', 'atomics'])
        : /** @type {const} */ (['abort']);
    for (const flavour of own) for (const flags of test.flags) add(test, flavour, flags, true);
    if (upstreamOnly) continue;
    for (const flavour of /** @type {const} */ (['abort', 'unwind'])) for (const flags of EVERY) add(test, flavour, flags, false);
  }
  return [...cases.values()].filter(({ flavour }) => panic.includes(panicOf(flavour)));
}

/**
 * @param {string} test
 * @param {Case['flavour']} flavour
 * @param {string[]} flags
 * @param {boolean} isUpstream
 * @returns {Case}
 */
function makeCase(test, flavour, flags, isUpstream) {
  const target = flags.find((flag) => flag.startsWith('--target='))?.slice('--target='.length) ?? 'bundler';
  const rest = flags
    .filter((flag) => !flag.startsWith('--target='))
    .map((flag) => (flag === '--experimental-reset-state-function' ? 'reset' : flag.replace(/\W+/g, '')));
  return {
    id: [test, flavour, target, ...rest].join('.'),
    test,
    flavour,
    flags,
    target,
    isUpstream,
    byDesign: [
      ...(SUPPORTED.includes(target) ? [] : [{ why: `target ${target}`, code: 'REVIVE_UNSUPPORTED_TARGET' }]),
      ...(flavour === 'atomics' ? [{ why: 'shared memory', code: 'REVIVE_SHARED_MEMORY' }] : []),
    ],
  };
}
