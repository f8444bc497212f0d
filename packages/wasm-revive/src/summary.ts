import type { TransformResult } from '@wasm-revive/bindgen';

const EXNREF = 'its exceptions are in the exnref encoding, for Node.js 22.22.3, 24.15, Chrome 137, Firefox 131, Safari 18.4 or later';

/** What the transform has done, in a line for each module. */
export function summary({ modules, outDir }: TransformResult): string {
  return modules
    .map(({ name, target, wasmBindgen, guards, exceptions }) => {
      const by = wasmBindgen === null ? target : `${target}, wasm-bindgen ${wasmBindgen.replace(/ .*/, '')}`;
      const done = `${name} (${by}): ${guards.exports} exports and ${guards.imports} imports guarded, written to ${outDir}`;
      // Where the engine compiles the module by itself, this is the only time at which we can say it.
      return exceptions === 'exnref' ? `${done}; ${EXNREF}` : done;
    })
    .join('\n');
}
