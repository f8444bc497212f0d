/** A runtime that a user has put together from single packages, in place of the one that comes with wasm-revive. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { upstreamPackage } from '../src/drive/paths.ts';
import { loadPackage } from '../src/hosts/node.ts';
import { nameOf } from '../src/invariants.ts';

const readme = readFileSync(new URL('../../reinit-manager/README.md', import.meta.url), 'utf8');

/** The one that users are shown. */
const RUNTIME = /```js\n(\/\/ recovery\.js\n[\s\S]*?)```/.exec(readme)?.[1] ?? '';

/** What they are told to add in TypeScript. */
const TYPE = /`(export type \{ Revive \}[^`]*)`/.exec(readme)?.[1] ?? '';

/** Its parameter has no type of its own. */
const USES_EVENTS = `
  import { __revive } from './pkg/wasm_revive_fixtures.js';
  __revive.on('recovered', ({ ms }) => ms.toFixed());
`;

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** Transforms the fixtures into a folder from which the packages of this repository are found. */
function transformed(target: 'web' | 'bundler' | 'nodejs', runtime: string, change: (code: string) => string = (code) => code): string {
  const dir = mkdtempSync(fileURLToPath(new URL('../.own-runtime-', import.meta.url)));
  dirs.push(dir);
  transform({ dir: upstreamPackage('abort', target), outDir: join(dir, 'pkg'), runtime });
  writeFileSync(join(dir, 'recovery.mjs'), change(RUNTIME));
  return join(dir, 'pkg');
}

describe('--runtime with a module of the user', () => {
  it.each(['web', 'bundler', 'nodejs'] as const)(`${nameOf('I2')}: recovers as it is put together there (%s)`, async (target) => {
    const ns = await loadPackage(transformed(target, '../recovery.mjs'), target);
    for (const code of ['REVIVE_ABORT', 'REVIVE_ABORT', 'REVIVE_ABORT']) {
      expect(ns.add(1, 2)).toBe(3);
      expect(() => ns.fail('abort')).toThrow(expect.objectContaining({ code }));
    }
    // Its own limit, and not the default.
    expect(() => ns.add(1, 2)).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP' }));
  });

  it('has types, where it says which', () => {
    const dir = transformed('web', '../recovery.mjs', () => '');
    const typed = RUNTIME.replace(
      '(factory, description)',
      "(factory: import('@wasm-revive/kernel').Factory, description: ModuleDescription)",
    );
    writeFileSync(join(dir, '../recovery.mts'), `import type { ModuleDescription } from '@wasm-revive/kernel';\n${typed}${TYPE}`);
    const program = join(dir, '../program.mts');
    writeFileSync(program, USES_EVENTS);
    const options = { strict: true, noEmit: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, types: [] };
    const { length } = ts.getPreEmitDiagnostics(ts.createProgram([program], { ...options, target: ts.ScriptTarget.ES2022 }));
    expect(length).toBe(0);
  });

  it(`${nameOf('I9')}: a runtime of another contract refuses the package, and names both versions`, async () => {
    const other = (code: string): string =>
      code.replace('createManager(factory, description,', 'createManager(factory, { ...description, contract: 99, generatedBy: "9.9.9" },');
    const dir = transformed('web', '../recovery.mjs', other);
    const refused = import(pathToFileURL(join(dir, 'wasm_revive_fixtures.js')).href);
    await expect(refused).rejects.toMatchObject({ code: 'REVIVE_CONTRACT_MISMATCH' });
    await expect(refused).rejects.toThrow(/wasm-revive 9\.9\.9, for version 99 .* has version \d+/);
  });
});
