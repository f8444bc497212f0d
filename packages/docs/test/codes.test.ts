/** Every code that an error may have has a page, which says what the table in the source says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../src/pages.ts';

const folder = join(root, 'docs/errors');
const pages = readdirSync(folder)
  .filter((name) => name !== 'index.md')
  .map((name) => name.replace(/\.md$/, ''));

/** All source of all packages. */
const source = readdirSync(join(root, 'packages'))
  .flatMap((name) => {
    try {
      return readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => join(name, 'src', file));
    } catch {
      return [];
    }
  })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, 'packages', file), 'utf8'))
  .join('\n');

const named = new Set([...source.matchAll(/(?<=['\s])REVIVE_[A-Z0-9_]+(?='|:)/g)].map(([code]) => code));
/** Codes with what the tables say of them. */
const tables = [...source.matchAll(/_CODES = \{\n([\s\S]*?)\n\}/g)].map(([, table = '']) => table);
const described = tables.flatMap((table) =>
  [...table.matchAll(/(REVIVE_[A-Z0-9_]+):\s+'(.+)',/g)].map(([, code = '', text = '']) => [code, text.replaceAll("\\'", "'")]),
);

describe('error codes', () => {
  test('are all found', () => {
    expect(named.size).toBeGreaterThan(50);
    for (const [code] of described) expect(named).toContain(code);
  });

  test.each([...named])('%s has a page', (code) => expect(pages).toContain(code));

  test.each(pages)('%s is a code, and its page says what happened and what to do', (code) => {
    expect(named).toContain(code);
    const text = readFileSync(join(folder, `${code}.md`), 'utf8');
    expect(text).toMatch(new RegExp(`^# ${code}\n`));
    for (const [, sentence] of described.filter(([one]) => one === code)) expect(text).toContain(sentence);
    expect(text).toMatch(/\n## What happened\n\n\S/);
    expect(text).toMatch(/\n## What to do\n\n\S/);
  });

  test('are all in the list', () => {
    const index = readFileSync(join(folder, 'index.md'), 'utf8');
    for (const [code, sentence] of described) expect(index).toContain(`| [${code}](${code}.md) | ${sentence} |`);
  });
});
