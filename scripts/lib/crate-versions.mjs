import fs from 'node:fs';
import path from 'node:path';
import { pairs } from './version-rules.mjs';

/**
 * Gives every crate of a checkout the version of the npm package it is matched with, and has it ask of other crates what that package
 * asks of theirs.
 *
 * @param {string} root
 * @returns {string[]} the files that changed, relative to `root`
 */
export function writeCrateVersions(root) {
  const matched = pairs(root).filter(({ crate }) => crate);
  const crateOf = new Map(matched.toReversed().map(({ npm, crate }) => [npm.manifest.name, crate.name]));
  const versions = new Map(matched.map(({ npm, crate }) => [crate.name, npm.manifest.version]));
  return matched
    .map(({ npm: { manifest }, crate }) => {
      const asked = Object.entries(manifest.dependencies ?? {}).map(([name, range]) => [crateOf.get(name), range.replace(/^\^/, '')]);
      // A crate that its package does not ask for: the one that is beside it.
      return { name: path.join('crates', crate.folder, 'Cargo.toml'), version: manifest.version, ranges: new Map([...versions, ...asked]) };
    })
    .filter(({ name, version, ranges }) => {
      const file = path.join(root, name);
      const before = fs.readFileSync(file, 'utf8');
      const after = rewrite(before, version, ranges);
      if (after !== before) fs.writeFileSync(file, after);
      return after !== before;
    })
    .map(({ name }) => name);
}

function rewrite(toml, version, ranges) {
  let table = '';
  return toml
    .split('\n')
    .map((line) => {
      table = /^\s*\[([^\]]+)\]/.exec(line)?.[1] ?? table;
      if (table === 'package') return line.replace(/^(version\s*=\s*")[^"]*/, `$1${version}`);
      const range = /dependencies$/.test(table) ? ranges.get(/^([\w-]+)\s*=/.exec(line)?.[1]) : undefined;
      return range ? line.replace(/(\bversion\s*=\s*")[^"]*/, `$1${range}`).replace(/^([\w-]+\s*=\s*")[^"]*/, `$1${range}`) : line;
    })
    .join('\n');
}
