/**
 * What the transform makes of the glue of big packages that others have published: bytes and gzip, before and after. `--update` writes
 * `sizes.snap.txt` anew; without, it says whether that is still so.
 *
 *     node packages/conformance/corpus/published/sizes.mjs [--update]
 */
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'fflate';
import { transform } from 'wasm-revive/transform';
import { runMain } from '../../../../scripts/lib/user-error.mjs';
import { unpackedPackage } from './lib/packages.mjs';
import { workDir } from './lib/work-dir.mjs';

/** The largest of `packages.json`, and where in the package they are. The first has 2,429 exports, and no text in its glue but calls of them. */
const BIG = /** @type {const} */ ([
  ['@emurgo/cardano-serialization-lib-browser@17.0.0', '.'],
  ['@emurgo/cardano-serialization-lib-nodejs@15.0.3', '.'],
  ['@matrix-org/matrix-sdk-crypto-wasm@18.9.0', 'pkg'],
  ['loro-wasm@0.16.10', 'nodejs'],
]);

const SNAPSHOT = new URL('./sizes.snap.txt', import.meta.url);

await runMain(async () => {
  fs.mkdirSync(workDir, { recursive: true });
  const lines = [];
  for (const [spec, folder] of BIG) {
    const dir = path.join(await unpackedPackage(spec), folder);
    for (const recovery of /** @type {const} */ (['fresh', 'rollback'])) lines.push(`${spec}, ${recovery}: ${growth(dir, recovery)}\n`);
  }
  const text = lines.join('');
  process.stdout.write(text);
  if (process.argv.includes('--update')) fs.writeFileSync(SNAPSHOT, text);
  return fs.existsSync(SNAPSHOT) && fs.readFileSync(SNAPSHOT, 'utf8') === text ? 0 : 1;
});

/** @param {string} dir @param {'fresh' | 'rollback'} recovery */
function growth(dir, recovery) {
  const outDir = fs.mkdtempSync(path.join(workDir, 'sizes-'));
  try {
    const { modules } = transform({ dir, outDir: path.join(outDir, 'pkg'), recovery });
    const files = modules.flatMap(({ name, file }) => [...new Set([file, `${name}_bg.js`])]);
    const [before, after] = [dir, path.join(outDir, 'pkg')].map((folder) => sizeOf(folder, files));
    const times = (/** @type {'bytes' | 'gzip'} */ unit) => ((after?.[unit] ?? 0) / (before?.[unit] ?? 0)).toFixed(2);
    return `${times('bytes')} times the bytes (${before?.bytes} to ${after?.bytes}), ${times('gzip')} times gzip (${before?.gzip} to ${after?.gzip})`;
  } finally {
    fs.rmSync(outDir, { recursive: true });
  }
}

/** @param {string} folder @param {readonly string[]} files */
function sizeOf(folder, files) {
  const contents = files.map((file) => path.join(folder, file)).filter((file) => fs.existsSync(file));
  const all = Buffer.concat(contents.map((file) => fs.readFileSync(file)));
  return { bytes: all.length, gzip: gzipSync(all, { level: 9 }).length };
}
