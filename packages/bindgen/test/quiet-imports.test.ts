/** The imports after which a turn may be run again: those whose guards don't say that something outside was reached. All that are there are listed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { transform } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GUARD = /^ {8}"?([\w$]+)"?\([^)]*\) \{\n +const \$on = \$raw\.binding \?\? \$unbound\(\);\n +\$on\.state\.imports\+\+;(.*)$/gm;

function quietOf(artifact: string): string[] {
  const outDir = join(folder, artifact);
  const dir = fileURLToPath(new URL(`../../../.artifacts/${artifact}/nodejs/`, import.meta.url));
  transform({ dir, outDir, version: '9.9.9', runtime: { import: './runtime.cjs' }, recovery: 'rollback' });
  const text = readFileSync(join(outDir, 'wasm_revive_fixtures.js'), 'utf8');
  const quiet = [...text.matchAll(GUARD)].filter(([, , reaches]) => reaches === '').map(([, name = '']) => name);
  const plain = quiet.map((name) => name.replace(/_[0-9a-f]{16}$/, '').replace(/^__wbg___wbindgen_|^__wbindgen_|^__wbg_/, ''));
  return [...new Set(plain)].sort();
}

const QUIET = [
  '_wbg_cb_unref',
  'generic',
  'queueMicrotask',
  'resolve',
  'static_accessor_GLOBAL',
  'static_accessor_GLOBAL_THIS',
  'static_accessor_SELF',
  'static_accessor_WINDOW',
  'string_get',
  'then',
  'throw',
  'typeof',
];

it.each([
  ['fixtures/abort', []],
  ['fixtures/unwind', ['rethrow']],
  ['fixtures-mvp/abort', []],
])('I7: of %s', (artifact, others) => {
  expect(quietOf(artifact)).toEqual([...QUIET, ...others].sort());
});
