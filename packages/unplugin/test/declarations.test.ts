/** The declarations that are shipped, checked as strictly as a program may check its libraries. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
};

it('need no bundler but the one that the plugin is for', () => {
  const bundlers = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild'];
  const files = bundlers.map((name) => fileURLToPath(new URL(`../dist/${name}.d.ts`, import.meta.url)));
  const program = ts.createProgram(files, OPTIONS);
  const said = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  expect(said).toEqual([]);
  // It is for all bundlers, and so are its declarations.
  const isOfUnplugin = ({ fileName }: ts.SourceFile): boolean => fileName.includes('/node_modules/unplugin/');
  expect(program.getSourceFiles().filter(isOfUnplugin)).toEqual([]);
}, 300_000);
