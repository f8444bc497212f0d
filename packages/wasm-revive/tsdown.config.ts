import { defineConfig, type UserConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

/** The control handle has `Symbol.asyncDispose`, and programs that are checked against an older library have to compile, too. */
const DISPOSABLE = '/// <reference lib="esnext.disposable" />';

const ours = /^@wasm-revive\//;

/**
 * One file that needs nothing else. `./runtime` is put beside transformed packages, which must run without an install;
 * the CommonJS builds take the runtime packages in because those are ES modules only.
 */
const selfContained: UserConfig = {
  ...library,
  clean: false,
  platform: 'neutral',
  deps: { alwaysBundle: [ours], onlyBundle: [ours] },
  banner: { dts: DISPOSABLE },
};

export default defineConfig([
  { ...library, clean: false, entry: 'src/index.ts', format: 'esm', platform: 'neutral' },
  { ...selfContained, entry: 'src/index.ts', format: 'cjs' },
  // Users ship it, and few bundle what is beside a wasm file. Names and lines stay: people read them in stacks.
  { ...selfContained, entry: 'src/runtime.ts', format: 'esm', outputOptions: { comments: false } },
  { ...selfContained, entry: 'src/runtime.ts', format: 'cjs', outputOptions: { comments: false } },
  { ...library, clean: false, entry: ['src/transform.ts', 'src/register.ts'], format: 'esm', platform: 'node' },
  {
    ...library,
    clean: false,
    entry: {
      cli: 'src/cli.ts',
      'replay-child': 'src/replay/child.ts',
      'replay-loader': 'src/replay/loader.ts',
      'register-hooks': 'src/register/hooks-thread.ts',
    },
    format: 'esm',
    platform: 'node',
    dts: false,
  },
]);
