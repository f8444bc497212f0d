import fs from 'node:fs';
import path from 'node:path';
import { pairs } from './version-rules.mjs';

/**
 * Gives every crate of a checkout the version of the npm package it is matched with: in the workspace's table, in crates that have a
 * version of their own, and in what crates ask of each other.
 *
 * @param {string} root
 * @returns {string[]} the files that changed, relative to `root`
 */
export function writeCrateVersions(root) {
  const matched = pairs(root).filter(({ crate }) => crate);
  const versions = new Map(matched.map(({ npm, crate }) => [crate.name, npm.manifest.version]));
  const inherited = new Set(matched.filter(({ crate }) => crate.inherits).map(({ npm }) => npm.manifest.version));
  if (inherited.size > 1) throw new Error(`crates that take the workspace's version can't have several: ${[...inherited].join(', ')}`);
  const [shared] = inherited;

  const files = ['Cargo.toml', ...fs.readdirSync(path.join(root, 'crates')).map((folder) => path.join('crates', folder, 'Cargo.toml'))];
  return files.filter((name) => {
    const file = path.join(root, name);
    if (!fs.existsSync(file)) return false;
    const before = fs.readFileSync(file, 'utf8');
    const after = rewrite(before, versions, shared);
    if (after !== before) fs.writeFileSync(file, after);
    return after !== before;
  });
}

function rewrite(toml, versions, shared) {
  const own = /^name\s*=\s*"([^"]*)"/m.exec(toml)?.[1];
  let table = '';
  return toml
    .split('\n')
    .map((line) => {
      table = /^\s*\[([^\]]+)\]/.exec(line)?.[1] ?? table;
      if (/^version\s*=\s*"/.test(line)) {
        const wanted = table === 'workspace.package' ? shared : table === 'package' ? versions.get(own) : undefined;
        return wanted ? line.replace(/"[^"]*"/, `"${wanted}"`) : line;
      }
      const required = /dependencies$/.test(table) ? versions.get(/^([\w-]+)\s*=/.exec(line)?.[1]) : undefined;
      return required
        ? line.replace(/(\bversion\s*=\s*"=?)[^"]*/, `$1${required}`).replace(/^([\w-]+\s*=\s*"=?)[^"]*/, `$1${required}`)
        : line;
    })
    .join('\n');
}
