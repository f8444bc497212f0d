import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { transform } from 'esbuild';
import { defineConfig, type UserConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

/** The control handle has `Symbol.asyncDispose`, and programs that are checked against an older library have to compile, too. */
const DISPOSABLE = '/// <reference lib="esnext.disposable" />';

const BUNDLERS = ['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild'];

const ours = /^@wasm-revive\//;

/**
 * One file that needs nothing else. `./runtime` is put beside transformed packages, which must run without an install;
 * the CommonJS builds take the runtime packages in because those are ES modules only.
 */
const selfContained: UserConfig = {
  ...library,
  // Nobody leaves anything out of these (`left-out.ts`), so that what would stand in its place isn't there.
  define: Object.fromEntries(['CONTROL', 'CRATES', 'EXCEPTIONS', 'SIBLINGS'].map((part) => [`WASM_REVIVE_${part}`, 'true'])),
  clean: false,
  platform: 'neutral',
  deps: { alwaysBundle: [ours], onlyBundle: [ours] },
  banner: { dts: DISPOSABLE },
};

/**
 * What is put beside a package is loaded as it is, without any bundler. Its map leads back to the packages that it is made of.
 *
 * Note: in lines, for Node.js shows the line of an error that nobody catches. Each break costs a few bytes of gzip, so that they are long.
 */
const minified: UserConfig = {
  ...selfContained,
  dts: false,
  sourcemap: true,
  outputOptions: { comments: false, sourcemapPathTransform: (source) => source.replace(/^(?:\.\.\/)+(?:src\/)?/, 'wasm-revive/') },
  plugins: [
    {
      name: 'minify',
      writeBundle: async ({ dir = '' }, bundle) => {
        for (const file of Object.keys(bundle).filter((name) => /\.c?js$/.test(name))) await minify(join(dir, file));
      },
    },
  ],
};

/** Minifies a file, and its source map with it. */
async function minify(file: string): Promise<void> {
  const [code, map] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.map`, 'base64')]);
  const comment = /\n\/\/# sourceMappingURL=.*\s*$/;
  const made = await transform(`${code.replace(comment, '')}\n//# sourceMappingURL=data:application/json;base64,${map}`, {
    format: file.endsWith('.cjs') ? 'cjs' : 'esm',
    target: 'es2022',
    minify: true,
    lineLimit: 500,
    sourcemap: 'external',
  });
  await writeFile(file, `${made.code}//# sourceMappingURL=${basename(file)}.map\n`);
  await writeFile(`${file}.map`, made.map);
}

export default defineConfig([
  { ...library, clean: false, entry: 'src/index.ts', format: 'esm', platform: 'neutral' },
  { ...selfContained, entry: 'src/index.ts', format: 'cjs' },
  // For whoever bundles it, with a minifier of the program's own, and for reading.
  { ...selfContained, entry: 'src/runtime.ts', format: 'esm', outputOptions: { comments: false } },
  { ...selfContained, entry: 'src/runtime.ts', format: 'cjs', outputOptions: { comments: false } },
  { ...minified, entry: { 'runtime.min': 'src/runtime.ts' }, format: 'esm' },
  { ...minified, entry: { 'runtime.min': 'src/runtime.ts' }, format: 'cjs' },
  { ...minified, entry: { 'runtime-fresh.min': 'src/runtime-fresh.ts' }, format: 'esm' },
  { ...minified, entry: { 'runtime-fresh.min': 'src/runtime-fresh.ts' }, format: 'cjs' },
  // Its declarations, which import nothing and so are the same for both.
  { ...selfContained, entry: 'src/runtime-fresh.ts', format: 'esm', dts: { oxc: true, emitDtsOnly: true } },
  { ...library, clean: false, entry: ['src/transform.ts', 'src/register.ts'], format: 'esm', platform: 'node' },
  { ...library, clean: false, entry: BUNDLERS.map((name) => `src/bundlers/${name}.ts`), format: 'esm', platform: 'node' },
  {
    ...library,
    clean: false,
    entry: {
      cli: 'src/cli.ts',
      'replay-child': 'src/replay/child.ts',
      'prewarm-child': 'src/prewarm/child.ts',
      'replay-loader': 'src/replay/loader.ts',
      'register-hooks': 'src/register/hooks-thread.ts',
    },
    format: 'esm',
    platform: 'node',
    dts: false,
  },
]);
