/** Releases have no names of functions: what is told of their panics then, without the crates. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { testFolders } from '../src/drive/folders.ts';
import { RUNNING_NODE, upstreamPackage } from '../src/drive/paths.ts';
import { runInNode } from '../src/drive/run-in-node.ts';
import { failing } from '../src/drive/table-tests.ts';
import { withoutNames } from '../src/drive/wasm-bytes.ts';
import { nameOf } from '../src/invariants.ts';
import { WAYS_TO_FAIL } from '../src/runner/corpus.ts';
import type { RowResult } from '../src/runner/run.ts';

/** Nothing tells these from other traps without names. */
const UNTOLD = /^(?:payload of a number|payload resumed)$/;
const PANICS = WAYS_TO_FAIL.filter(({ name, message }) => message !== undefined && !UNTOLD.test(name)).map(
  ({ name }) => `ways to fail: ${name}`,
);

const { copyOf } = testFolders();

describe('panic=abort, no crates, no names', () => {
  let results: readonly RowResult[] = [];

  beforeAll(async () => {
    const dir = copyOf(upstreamPackage('abort', 'nodejs'));
    const file = join(dir, readdirSync(dir).find((name) => name.endsWith('_bg.wasm')) ?? '');
    const named = readFileSync(file);
    writeFileSync(file, withoutNames(named));
    expect(readFileSync(file).length).toBeLessThan(named.length);
    transform({ dir });
    ({ results } = await runInNode(RUNNING_NODE, dir, 'nodejs', 'abort', PANICS));
  });

  it.each(PANICS)(`${nameOf('I1')} › %s`, (id) => {
    const result = results.find((row) => row.id === id);
    expect(result && failing(result.checks)).toBe('');
  });
});
