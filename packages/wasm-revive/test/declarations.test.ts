/** The declarations that are shipped, checked as strictly as a program may check its libraries. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipDefaultLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
};

const TYPES = fileURLToPath(new URL('../../../node_modules/@types', import.meta.url));

/** Reads each file once. */
const host = ts.createCompilerHost(OPTIONS);
const { getSourceFile } = host;
const read = new Map<string, ts.SourceFile | undefined>();
host.getSourceFile = (name, ...how) => {
  if (!read.has(name)) read.set(name, getSourceFile(name, ...how));
  return read.get(name);
};

/** What the compiler says of a program. */
function diagnosesOf(file: string, options: ts.CompilerOptions = OPTIONS): string[] {
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

// A program each: what one of them brings, another would have, too.
it.each(['index.d.ts', 'index.d.cts', 'runtime.d.ts', 'runtime.d.cts'])('I9: %s needs no newer library than ES2022', (file) => {
  expect(diagnosesOf(fileURLToPath(new URL(`../dist/${file}`, import.meta.url)))).toEqual([]);
});

describe('the runtime beside a transformed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-declarations-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['nodejs', 'wasm-revive.d.cts'],
    ['module', 'wasm-revive.d.ts'],
  ])('I9: needs no library for the DOM, and means the same types with it › %s', (target, file) => {
    const outDir = join(folder, target);
    transform({ dir: fileURLToPath(new URL(`../../../.artifacts/fixtures/abort/${target}/`, import.meta.url)), outDir });
    expect(diagnosesOf(join(outDir, file), { ...OPTIONS, lib: ['lib.es2022.d.ts'], types: ['node'], typeRoots: [TYPES] })).toEqual([]);
    const program = join(outDir, file.endsWith('.cts') ? 'program.cts' : 'program.mts');
    const runtime = file.replace(/\.d\.(c?)ts$/, '.$1js');
    writeFileSync(
      program,
      `import type { Revive } from './${runtime}';
       export function see(revive: Revive<object>): void {
         revive.use({ name: 'sees', lost: ({ exports }) => void (exports?.memory satisfies WebAssembly.ExportValue | undefined) });
         // @ts-expect-error
         revive.use({ name: 'sees', lost: ({ exports }) => void (exports satisfies string) });
       }`,
    );
    expect(diagnosesOf(program)).toEqual([]);
  });
});
