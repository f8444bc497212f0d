/**
 * What docs/upstream says is wrong upstream, is still so. A reproduction asserts what should be; so the day upstream mends it, its test here
 * fails and names the page. The rest of the findings have tests of their own, which the pages name.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RUNNING_NODE, root } from '../src/drive/paths.ts';
import { runProgram } from '../src/drive/run-in-node.ts';

interface Finding {
  readonly id: string;
  readonly page: string;
  /** In which version upstream has mended it. */
  readonly mended?: string;
  /** Where a test of its own is; without it, a program beside the list is run. */
  readonly test?: string;
}

const folder = join(root, 'docs/upstream');
const findings = JSON.parse(readFileSync(join(folder, 'reproductions/findings.json'), 'utf8')) as readonly Finding[];
const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
const index = readFileSync(join(folder, 'README.md'), 'utf8');

describe('on wasm-bindgen, walrus and rustc as they are pinned', () => {
  const programs = findings.filter(({ mended, test }) => (mended ?? test) === undefined).map(({ id, page }) => [id, page] as const);
  it.each(programs)(
    '%s is still so (docs/upstream/%s)',
    async (id) => {
      const program = join(folder, 'reproductions/run.mjs');
      const { stdout, ended } = await runProgram(RUNNING_NODE.binary, ['--no-warnings', program, id]);
      expect(ended).toBeUndefined();
      expect(stdout).toContain(id);
    },
    // The first to want it builds the crate of the reproductions.
    600_000,
  );
});

describe('the pages', () => {
  const PARTS = ['What happens', 'Reproduce', 'A mend', 'How the suite notices'];
  const ROWS = ['Seen on', 'Severity', 'Status', 'Size of a mend', 'Steps aside here, once it lands'];

  it.each(pages)('%s says all that it has to', (page) => {
    const text = readFileSync(join(folder, page), 'utf8');
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(PARTS);
    expect([...text.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)].map(([, row]) => row)).toEqual(ROWS);
    const [, id, title] = /^# (\w+): (.+)$/m.exec(text) ?? [];
    expect(index).toContain(`| ${id} | [${title}](${page}) |`);
  });

  it('there is one for each finding, and a test of its own names the finding or its page', () => {
    expect(findings.map(({ page }) => page).sort()).toEqual(pages.sort());
    for (const { id, page, test } of findings) {
      if (test !== undefined) expect(readFileSync(join(root, test), 'utf8')).toMatch(new RegExp(`${id}: |${page}`));
    }
  });
});
