/** What keeps the site's links true, and its readers unobserved. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { problemsOf } from '../src/check-site.ts';
import { drawDiagram } from '../src/diagrams.ts';
import { programOf } from '../src/examples.ts';
import { headingId, root, target } from '../src/pages.ts';

const page = join(root, 'docs/guide/start.md');

describe('a link', () => {
  test.each([
    ['to a page leads there', 'recovery.md#which-one', '/docs/guide/recovery.md#which-one'],
    ['to a folder leads to its README', '../../packages/kernel', '/packages/kernel/README.md'],
    ['to the first page leads to the first page', '../index.md', '/'],
    ['to source leads to the repository on the web', '../../Cargo.toml', 'https://github.com/wasm-revive/wasm-revive/blob/main/Cargo.toml'],
    ['to another site stays', 'https://example.org/', undefined],
    ['to a heading of the page stays', '#next', undefined],
  ])('%s', (_, href, there) => expect(target(page, href)).toBe(there));

  test('to nothing is an error that says where it is', () => {
    expect(() => target(page, 'nowhere.md')).toThrow('docs/guide/start.md: the link nowhere.md leads nowhere.');
  });

  test('to a heading holds here and on GitHub', () => {
    expect(headingId("Pools: several instances for the module's own exports")).toBe('pools-several-instances-for-the-modules-own-exports');
  });
});

describe('a built page', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  function problems(files: Readonly<Record<string, string>>): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-site-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return problemsOf(folder);
  }

  test.each([
    ['a script', '<script src="https://example.org/a.js"></script>'],
    ['a picture', '<img alt="" src="//example.org/a.png">'],
    ['a style sheet', '<link rel="stylesheet" href="https://example.org/a.css">'],
    ['a font', '<style>@font-face { src: url("https://example.org/a.woff2") }</style>'],
  ])('that loads %s from elsewhere is refused', (_, html) => {
    expect(problems({ 'a.html': html })).toHaveLength(1);
  });

  test('may lead elsewhere', () => expect(problems({ 'a.html': '<a href="https://example.org/#top">there</a>' })).toEqual([]));

  test('that names a heading which isn’t there is refused', () => {
    const b = '<h2 id="there">b</h2>';
    expect(problems({ 'a.html': '<a href="/b#there">b</a>', 'b.html': b })).toEqual([]);
    expect(problems({ 'a.html': '<a href="/b#gone">b</a>', 'b.html': b })).toEqual(['a.html: /b has no heading #gone.']);
  });
});

test('a diagram is drawn without a font of the web', () => {
  const [, picture = ''] = /base64,([^"]+)"/.exec(drawDiagram('flowchart LR\n a --> b')) ?? [];
  const svg = Buffer.from(picture, 'base64').toString();
  expect(svg).toContain('<svg');
  expect(svg).not.toMatch(/@import|url\(["']?http/);
});

test('an example has each of its results looked at', () => {
  const program = programOf({ line: 7, options: [], code: 'f(1); // → 2\nnothing();\n' });
  expect(program).toContain('$check("2", f(1), 7);');
  expect(program).toContain('nothing();');
});
