/** Glue of the target bundler names its wasm file in two ways: webpack ships it once. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { project, upstream, withWebpack } from './project.js';

it.each([
  ['development', false],
  ['development', 'eval-source-map'],
  ['production', 'source-map'],
] as const)('in mode %s, with the source map %s', async (mode, devtool) => {
  const dir = project({ pkg: upstream('bundler') });
  const { wasm, errors, code } = await withWebpack(dir, {}, { mode, devtool, experiments: { asyncWebAssembly: true } });
  expect(errors).toEqual([]);
  expect(wasm).toHaveLength(1);
  const [file = ''] = readdirSync(join(dir, 'out')).filter((name) => name.endsWith('.wasm'));
  // By its name, for the URL; the import's is put together.
  expect(code).toContain(file);
});
