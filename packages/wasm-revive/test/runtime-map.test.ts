/** The runtime beside a package is minified. Its source map leads from a place in a stack to where that is in the packages. */
import { cpSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { folder, removeFolders } from './fixtures.js';

const ARTIFACTS = new URL('../../../.artifacts/fixtures/abort/', import.meta.url);

afterEach(removeFolders);

it.each([
  ['nodejs', 'wasm-revive.cjs'],
  ['web', 'wasm-revive.js'],
])('leads to the line that throws, in a package for %s', (target, file) => {
  const dir = folder();
  cpSync(new URL(`${target}/`, ARTIFACTS), dir, { recursive: true });
  transform({ dir });
  const code = readFileSync(join(dir, file), 'utf8');
  expect(code.trimEnd().split('\n').at(-1)).toBe(`//# sourceMappingURL=${file}.map`);
  const payload = JSON.parse(readFileSync(join(dir, `${file}.map`), 'utf8')) as SourceMapPayload;
  const map = new SourceMap(payload);
  const at = code.indexOf('was called before it was initialised');
  const line = code.slice(0, at).split('\n').length - 1;
  const column = at - (code.lastIndexOf('\n', at) + 1);
  const found = map.findEntry(line, column);
  if (!('originalSource' in found)) throw new Error('no entry');
  expect(found.originalSource).toBe('wasm-revive/reinit-manager/dist/index.js');
  const source = payload.sourcesContent[payload.sources.indexOf(found.originalSource)] ?? '';
  expect(source.split('\n')[found.originalLine]).toContain('REVIVE_NOT_READY');
});
