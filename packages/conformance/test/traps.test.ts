/** The cause of a trap is told from the engine's own words: every engine, every trap. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeVersion, otherNodeMajors, otherRuntime, programs, RUNNING_NODE } from '../src/drive/paths.ts';
import { evaluateInBrowser } from '../src/drive/run-in-browser.ts';
import { runProgram } from '../src/drive/run-in-node.ts';
import { browserToTest } from '../src/drive/table-tests.ts';
import { nameOf } from '../src/invariants.ts';
import { CAUSES } from '../src/runner/traps.ts';

const program = join(programs, 'traps-child.js');

/** By their names, how a program for Node.js is run. */
const RUNTIMES: readonly (readonly [name: string, binary: string, flags: readonly string[]])[] = [
  ['node (V8)', RUNNING_NODE.binary, []],
  ...otherNodeMajors().map((major) => [`node ${major} (V8)`, nodeVersion(major).binary, []] as const),
  ['deno (V8)', otherRuntime('deno'), ['run', '--allow-all']],
  ['bun (JavaScriptCore)', otherRuntime('bun'), []],
];

describe(`${nameOf('I1')} › the cause of every trap`, () => {
  it.each(RUNTIMES)('%s', async (_, binary, flags) => {
    const { stdout, ended } = await runProgram(binary, [...flags, program]);
    expect(ended).toBeUndefined();
    expect(JSON.parse(stdout)).toEqual(CAUSES);
  });

  for (const name of ['chromium', 'firefox'] as const) {
    const binary = browserToTest(name);
    it.skipIf(binary === undefined)(`${name} (${name === 'firefox' ? 'SpiderMonkey' : 'V8'})`, async () => {
      const json = await evaluateInBrowser(
        name,
        binary ?? name,
        { '/suite/': programs },
        `import('/suite/browser.js').then(({ raiseAll }) => raiseAll())`,
      );
      expect(JSON.parse(json)).toEqual(CAUSES);
    });
  }
});
