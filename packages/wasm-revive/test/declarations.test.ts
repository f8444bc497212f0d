/** The declarations that are shipped, checked as strictly as a program may check its libraries. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

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

/** Reads each file once. */
const host = ts.createCompilerHost(OPTIONS);
const { getSourceFile } = host;
const read = new Map<string, ts.SourceFile | undefined>();
host.getSourceFile = (name, ...how) => {
  if (!read.has(name)) read.set(name, getSourceFile(name, ...how));
  return read.get(name);
};

// A program each: what one of them brings, another would have, too.
it.each(['index.d.ts', 'index.d.cts', 'runtime.d.ts', 'runtime.d.cts'])('I9: %s needs no newer library than ES2022', (file) => {
  const program = ts.createProgram([fileURLToPath(new URL(`../dist/${file}`, import.meta.url))], OPTIONS, host);
  expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});
