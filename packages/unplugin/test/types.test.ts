/** The file of declarations: with it, a program in TypeScript finds `__revive` in packages that are as they were published. */
import { mkdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { BUNDLERS, GLUE, project, upstream, withRollup, write } from './project.js';

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
  types: [],
};

const RECOVERY = `export interface Revive<T> { readonly generation: number; instance(key: string): T; }
  export declare function revive(scope: unknown, description: object): unknown;
  export declare function loadModule(module: unknown): unknown;`;

function diagnosesOf(dir: string, ...files: string[]): string[] {
  const program = ts.createProgram(
    files.map((file) => join(dir, file)),
    OPTIONS,
  );
  // What wasm-bindgen declares of itself isn't always right.
  const said = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.endsWith(GLUE.replace('.js', '.d.ts')) !== true);
  return said.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** A program of a package of its own and of one in `node_modules`. */
function typedProject(target: 'web' | 'bundler'): string {
  const dir = project(
    { pkg: upstream(target), 'node_modules/some': upstream(target) },
    `export * as own from './pkg/${GLUE}'; export * as some from './node_modules/some/${GLUE}';`,
  );
  write(
    dir,
    'node_modules/some/package.json',
    JSON.stringify({ name: 'some', type: 'module', main: GLUE, types: GLUE.replace('.js', '.d.ts') }),
  );
  write(dir, 'recovery.js', 'export const revive = () => ({}); export const loadModule = () => ({});');
  write(dir, 'recovery.d.ts', RECOVERY);
  write(
    dir,
    'checked.ts',
    `import { __revive as own, echo } from './pkg/${GLUE.replace('.js', '')}';
     import { __revive as some } from 'some';
     export const generations: number = own.generation + some.generation;
     export const text: string = some.instance('key').echo(echo('hello'));
     // @ts-expect-error there is no such export
     some.instance('key').nothing();`,
  );
  return dir;
}

it.each(['web', 'bundler'] as const)(
  'TypeScript knows __revive, typed by what the module exports, of the target %s',
  async (target) => {
    const dir = typedProject(target);
    await withRollup(dir, { packages: ['some'], runtime: './recovery.js', types: 'types/wasm-revive.d.ts' });
    expect(diagnosesOf(dir, 'checked.ts', 'types/wasm-revive.d.ts')).toEqual([]);
  },
  300_000,
);

it('without it, TypeScript does not', () => {
  expect(diagnosesOf(typedProject('web'), 'checked.ts').join('\n')).toMatch(/has no exported member '__revive'/);
}, 300_000);

it('every bundler writes the same', async () => {
  const written = Object.values(BUNDLERS).map(async (bundle) => {
    const dir = typedProject('web');
    await bundle(dir, { root: dir, packages: ['some'], runtime: './recovery.js', types: 'wasm-revive.d.ts' });
    return readFileSync(join(dir, 'wasm-revive.d.ts'), 'utf8');
  });
  const [first, ...others] = await Promise.all(written);
  expect(first).toContain('declare module "./pkg/');
  expect(new Set(others)).toEqual(new Set([first]));
});

it('the file stays as it is where nothing is new, and forgets what has gone', async () => {
  const dir = typedProject('web');
  const file = join(dir, 'wasm-revive.d.ts');
  const build = (): Promise<unknown> => withRollup(dir, { packages: ['some'], runtime: './recovery.js', types: 'wasm-revive.d.ts' });
  await build();
  const { ino } = statSync(file);
  await build();
  expect(statSync(file).ino).toBe(ino);
  write(dir, 'wasm-revive.d.ts', readFileSync(file, 'utf8').replaceAll('./pkg/', './gone/'));
  await build();
  expect(readFileSync(file, 'utf8')).not.toContain('./gone/');
  expect(readFileSync(file, 'utf8').match(/^declare module/gm)).toHaveLength(2);
});

it('the runtime is named by the link that leads to it, as pnpm lays it', async () => {
  const dir = typedProject('web');
  const place = join(dir, 'node_modules/.pnpm/wasm-revive@1.0.0_other@2.0.0/node_modules/wasm-revive');
  mkdirSync(place, { recursive: true });
  for (const file of ['recovery.js', 'recovery.d.ts']) renameSync(join(dir, file), join(place, file));
  symlinkSync(place, join(dir, 'node_modules/wasm-revive'), 'dir');
  await withRollup(dir, { packages: ['some'], runtime: join(place, 'recovery.js'), types: 'types/wasm-revive.d.ts' });
  expect(readFileSync(join(dir, 'types/wasm-revive.d.ts'), 'utf8')).toContain('import("../node_modules/wasm-revive/recovery.js")');
  expect(diagnosesOf(dir, 'checked.ts', 'types/wasm-revive.d.ts')).toEqual([]);
}, 300_000);

it('I9: a file that the plugin has not written is an error, and stays as it is', async () => {
  const dir = typedProject('web');
  write(dir, 'src/own.d.ts', 'declare const own: string;\n');
  const { errors } = await withRollup(dir, { packages: ['some'], runtime: './recovery.js', types: 'src/own.d.ts' });
  expect(errors.join()).toMatch(
    /own\.d\.ts, of the option types, is a file that doesn't begin as the plugin writes it. It was left as it is/,
  );
  expect(readFileSync(join(dir, 'src/own.d.ts'), 'utf8')).toBe('declare const own: string;\n');
});

it('I9: a place that can not be written is an error that says so, and nothing of it is left', async () => {
  const dir = typedProject('web');
  write(dir, 'file', '');
  const { errors } = await withRollup(dir, { packages: ['some'], runtime: './recovery.js', types: 'file/wasm-revive.d.ts' });
  expect(errors.join()).toMatch(/wasm-revive\.d\.ts, of the option types, can't be written: .*Give a place that can be/s);
});
