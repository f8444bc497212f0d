import fs from 'node:fs';
import path from 'node:path';
import { contentHash } from '../../../../../scripts/lib/content-hash.mjs';
import { root } from '../../../../../scripts/lib/paths.mjs';
import { foldersWithGlue } from './folders.mjs';
import { measure, RECOVERIES } from './measure.mjs';
import { unpackedPackage } from './packages.mjs';
import { workDir } from './work-dir.mjs';

/** @typedef {{ folder: import('./folders.mjs').Folder, outcomes: import('./measure.mjs').Outcome[] }} Measured */

/** What a measurement depends on: the transform, the runtime, and these scripts. */
const PARTS = [
  'bindgen/dist',
  'wasm-revive/dist',
  ...['published/lib', 'published/examples', 'reference'].map((part) => `conformance/corpus/${part}`),
];
const KEY = contentHash(
  root,
  PARTS.map((part) => path.join(root, 'packages', part)),
);

/**
 * Measures all folders of a package, unless that was done: a run that was stopped goes on where it was.
 *
 * @param {string} spec `name@version`
 * @returns {Promise<Measured[]>}
 */
export async function measured(spec) {
  const file = path.join(workDir, 'measured', `${spec.replaceAll('/', '-')}.json`);
  const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
  if (known?.key === KEY) return known.rows;
  const dir = await unpackedPackage(spec);
  const rows = [];
  for (const folder of foldersWithGlue(dir)) {
    const outcomes = [];
    for (const recovery of RECOVERIES) outcomes.push(await measure(spec, dir, folder.path, recovery));
    rows.push({ folder, outcomes });
  }
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ key: KEY, rows }));
  return rows;
}
