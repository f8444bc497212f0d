/** The examples of the documentation do what they say, with packages that were transformed as readers transform theirs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examplesOf, programOf } from '../src/examples.ts';
import { root } from '../src/pages.ts';

const NAME = 'wasm_revive_docs_example';
const VARIANTS = ['abort', 'abort-rollback', 'unwind', 'unwind-rollback'] as const;
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const examples = pages.flatMap((page) =>
  examplesOf(readFileSync(join(root, 'docs', page), 'utf8')).map((example) => [`docs/${page}:${example.line}`, example] as const),
);

let folder: string;

/** A folder with `pkg/app.js`, in which what is imported from packages is this repository's. */
function project(variant: (typeof VARIANTS)[number]): void {
  const dir = join(folder, variant);
  const pkg = join(dir, 'pkg');
  mkdirSync(pkg, { recursive: true });
  cpSync(join(root, '.artifacts/docs-example', variant.replace('-rollback', ''), 'nodejs'), pkg, { recursive: true });
  const command = [join(root, 'packages/wasm-revive/bin/wasm-revive.js'), 'transform', pkg];
  execFileSync(process.execPath, [...command, ...(variant.endsWith('-rollback') ? ['--recovery', 'rollback'] : [])], { stdio: 'pipe' });
  const exported = Object.keys(createRequire(import.meta.url)(join(pkg, `${NAME}.js`)) as object);
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  // Node.js makes the instance when the package is loaded; readers of `web` have `init`.
  writeFileSync(
    join(pkg, 'app.js'),
    `import pkg from './${NAME}.js';\nexport const { ${exported.join(', ')} } = pkg;\nexport default async () => {};\n`,
  );
  writeFileSync(join(pkg, 'package.json'), '{}');
  cpSync(join(pkg, 'app.js'), join(pkg, 'app.mjs'));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-revive-docs-'));
  for (const variant of VARIANTS) project(variant);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the examples', () => {
  test.each(examples)('%s', (_, example) => {
    const [mode, recovery] = [
      example.options.includes('unwind') ? 'unwind' : 'abort',
      example.options.includes('rollback') ? '-rollback' : '',
    ];
    expect(example.options.filter((option) => !['unwind', 'rollback'].includes(option))).toEqual([]);
    const file = join(folder, `${mode}${recovery}`, 'example.mjs');
    writeFileSync(file, programOf(example).replaceAll('./pkg/app.js', './pkg/app.mjs'));
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', file], { encoding: 'utf8' });
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });

  test('are there', () => expect(examples.length).toBeGreaterThan(20));
});
