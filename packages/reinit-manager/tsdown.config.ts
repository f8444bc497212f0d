import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

export default defineConfig({
  ...library,
  entry: 'src/index.ts',
  platform: 'neutral',
  // The control handle has `Symbol.asyncDispose`, and programs that are checked against an older library have to compile, too.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
});
