import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { otherNodeMajors, STYLED } from '../../src/drive/paths.ts';
import { STYLES } from '../../src/drive/table-tests.ts';
import { KINDS } from '../../src/runner/kinds.ts';
import { tableRows } from '../../src/runner/table.ts';

describe('the table', () => {
  it('is run on every runtime that the set-up installs', () => {
    const files = readdirSync(new URL('.', import.meta.url)).sort();
    const expected = [
      ...otherNodeMajors().map((major) => `node-${major}.test.ts`),
      'bun.test.ts',
      'chromium.test.ts',
      'complete.test.ts',
      'deno.test.ts',
      'exnref.test.ts',
      'firefox.test.ts',
      'node-running.test.ts',
      'with-crates.test.ts',
      'workerd.test.ts',
    ];
    expect(files).toEqual(expected.sort());
  });

  it('is run on all glue that is built for it, every style in every panic mode that it exists in', () => {
    const built = STYLED.flatMap(([style, panic, targets]) => targets.map((target) => `${target}, ${panic}: ${style}`));
    const run = Object.entries(STYLES).map(([place, style]) => `${place.slice(place.indexOf(', ') + 2)}: ${style}`);
    expect([...new Set(run)].sort()).toEqual(built.sort());
  });

  it('has no row twice', () => {
    const ids = tableRows('abort', true).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every kind of failure by every way in, JavaScript exceptions where they leave borrows behind excepted', () => {
    const rows = tableRows('unwind', true);
    const ways = new Set(rows.map(({ way }) => way));
    const left = [...ways].filter(({ foreign }) => foreign === false).length;
    // The double panic is a scenario.
    expect(rows.length).toBe((KINDS.length - 1) * ways.size - left);
  });
});
