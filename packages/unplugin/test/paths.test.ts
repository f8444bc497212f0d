/** Folders may have any name: bundlers find the wasm file that goes with protected glue. */
import { join } from 'node:path';
import { build, type Rollup } from 'vite';
import { expect, it } from 'vitest';
import { type Options, wasmRevive } from '../src/vite.js';
import { BUNDLERS, type Bundled, GLUE, project, upstream, write } from './project.js';

const NAMES = ['a space', 'ä+&', '100% it'];

async function withVite(dir: string, options: Options): Promise<Bundled> {
  const warnings: string[] = [];
  const { output } = (await build({
    root: dir,
    configFile: false,
    logLevel: 'silent',
    plugins: [wasmRevive(options)],
    build: {
      write: false,
      assetsInlineLimit: 0,
      target: 'esnext',
      rollupOptions: {
        input: join(dir, 'program.js'),
        external: ['wasm-revive/runtime'],
        onwarn({ message }) {
          // How long a build took depends on the machine.
          if (!message.includes('PLUGIN_TIMINGS')) warnings.push(message);
        },
      },
    },
  })) as Rollup.RollupOutput;
  const wasm = output.flatMap((file) => (file.type === 'asset' && file.fileName.endsWith('.wasm') ? [file.source as Uint8Array] : []));
  return { code: output[0].code, wasm, warnings, errors: [] };
}

it.each(Object.entries({ ...BUNDLERS, vite: withVite }))(
  '%s',
  async (_, bundle) => {
    for (const name of NAMES) {
      const dir = project(
        { [`${name}/pkg ${name}`]: upstream('web') },
        `export { default as init, echo } from './${name}/pkg ${name}/${GLUE}';`,
      );
      write(dir, `${name}/package.json`, '{}');
      const { wasm, errors, warnings } = await bundle(dir, {});
      expect([errors, warnings, wasm.length], name).toEqual([[], [], 1]);
      expect(Buffer.from(wasm[0] as Uint8Array).includes('__wasm_revive_global_'), name).toBe(true);
    }
  },
  300_000,
);
