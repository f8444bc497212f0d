import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.shared.ts';

const ours = /^@wasm-revive\//;

/**
 * Writes out the constants of the `left-out.ts` files where they are used. Whoever bundles the file then sees what isn't reached by a define alone: esbuild folds
 * no constant of a module that imports anything, nor without `--minify`.
 */
const inlineParts = {
  name: 'inline-parts',
  renderChunk(code: string): string {
    const constant = /^const (WITH_[\w$]+) = (.*\btypeof WASM_REVIVE_.*);\n/m;
    const names = code.match(/^.*\bWITH_[\w$]+ = .*\b(?:typeof WASM_REVIVE_|WITH_).*;$/gm)?.length ?? 0;
    let inlined = code;
    let found = constant.exec(inlined);
    for (let count = 0; count < names; count++, found = constant.exec(inlined)) {
      if (found === null) throw new Error('There is a constant of a left-out.ts that can not be inlined.');
      const [line, name = '', value = ''] = found;
      const use = new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g');
      inlined = inlined.replace(line, '').replaceAll(use, () => `(${value})`);
    }
    if (names === 0 || found !== null) throw new Error('The constants of the left-out.ts files were not found.');
    return inlined;
  },
};

export default defineConfig([
  {
    ...library,
    clean: false,
    entry: 'src/index.ts',
    platform: 'neutral',
    deps: { onlyBundle: [], neverBundle: ['cloudflare:workers'] },
  },
  {
    ...library,
    clean: false,
    entry: 'src/worker-runtime.ts',
    platform: 'neutral',
    dts: false,
    // The build puts this file beside transformed packages, which must be bundled without an install.
    deps: { alwaysBundle: [ours, 'wasm-revive'], onlyBundle: [ours, 'wasm-revive'], neverBundle: ['cloudflare:workers'] },
    outputOptions: { comments: false },
    treeshake: { propertyReadSideEffects: false },
    plugins: [inlineParts],
  },
  { ...library, clean: false, entry: { build: 'src/build/index.ts' }, platform: 'node' },
]);
