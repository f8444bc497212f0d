import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { expect, it } from 'vitest';
import { renderHtml, renderSvg } from '../src/html.js';
import type { Timeline } from '../src/index.js';
import { failure, HOSTILE, RUN, turn } from './documents.js';

const HOSTILE_RUN: Timeline = {
  ...RUN,
  module: HOSTILE,
  turns: [turn(1, 90, HOSTILE, { instance: HOSTILE })],
  events: [failure(2, { generation: 1, message: HOSTILE, instance: HOSTILE }), { name: HOSTILE, at: 3, fields: { [HOSTILE]: HOSTILE } }],
};

it('is one file that asks for nothing, and whose policy allows its own script alone', () => {
  const html = renderHtml(RUN);
  const [, script = ''] = html.match(/<script>([\s\S]*?)<\/script>/) ?? [];
  const hash = createHash('sha256').update(script).digest('base64');
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'"`);
  expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|\bsrc=|\bhref=|url\((?!#)/);
  expect(script).not.toMatch(/\beval\b|new Function/);
});

it('shows what happened without its script, too', () => {
  const html = renderHtml(RUN);
  for (const text of [
    'Rust panicked in render: the message (src&#47;lib.rs:12:5)',
    'a fresh instance; 2 calls in flight were rejected',
    'app failed too often.',
  ]) {
    expect(html).toContain(text.replaceAll('&#47;', '/'));
  }
  expect(html.split('<script')[0]?.match(/<svg[^>]* class="timeline"/g)).toHaveLength(1);
});

it('draws an event that it does not know as a mark, with its name and its fields', () => {
  const svg = renderSvg(RUN);
  expect(svg).toMatch(
    /class="item mark other"[^>]*aria-label="[^"]*polished, generation 2; reason: memory, memoryBytes: 3, nested: \{&#34;deep&#34;:\[1,null\]\}"/,
  );
});

it('a text of the program is text wherever it is shown', () => {
  const html = renderHtml(HOSTILE_RUN);
  const svg = renderSvg(HOSTILE_RUN);
  for (const shown of [html, svg]) {
    expect(shown).not.toContain('<img');
    expect(shown).not.toContain('alert(1)</script>');
    expect(shown).not.toMatch(/onerror="/);
    expect(shown).not.toContain('\u202e');
  }
  expect(html.match(/<script/g)).toHaveLength(2);
  const [, json = ''] = html.match(/<script type="application\/json" id="timeline">([\s\S]*?)<\/script>/) ?? [];
  expect(JSON.parse(json)).toEqual(HOSTILE_RUN);
});

it('draws turns for which there is no room as one, and one that failed never with others', () => {
  const turns = Array.from({ length: 5_000 }, (_, n) => turn(n / 50, 0.01, 'add', n === 2_500 ? { outcome: 'failed' } : {}));
  const svg = renderSvg({ ...RUN, turns, events: [] });
  expect(svg.length).toBeLessThan(200_000);
  expect(svg.match(/class="item turn failed"/g)).toHaveLength(1);
  expect(svg.match(/class="item turn ended/g)?.length).toBeLessThan(1_000);
});

it('the recorder needs nothing of Node.js, and is small', async () => {
  const { output } = await build({
    input: fileURLToPath(new URL('../src/record.ts', import.meta.url)),
    external: /^@wasm-revive\//,
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    write: false,
    output: { minify: true },
  });
  const [{ code, imports }] = output;
  expect(imports).toEqual(['@wasm-revive/kernel']);
  expect(code.length).toBeLessThan(5_000);
  expect(code).not.toMatch(/\b(process|Buffer|window|document)\b/);
});
