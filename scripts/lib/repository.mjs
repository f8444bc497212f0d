import fs from 'node:fs';
import path from 'node:path';

/**
 * The npm packages of a checkout.
 *
 * @param {string} root
 * @returns {{ folder: string, manifest: Record<string, any> }[]}
 */
export function readPackages(root) {
  return folders(path.join(root, 'packages'), 'package.json').map(({ folder, text }) => ({ folder, manifest: JSON.parse(text) }));
}

/**
 * The crates of a checkout, read without cargo: only what the repository's rules ask for.
 *
 * @param {string} root
 * @returns {{ folder: string, name: string, version: string | undefined, published: boolean, inherits: boolean, requires: Requirement[] }[]}
 *   `inherits`: its version is the workspace's
 * @typedef {{ crate: string, version: string | undefined, forTests: boolean }} Requirement what a crate asks of another one of this repository
 */
export function readCrates(root) {
  const workspace = readFile(path.join(root, 'Cargo.toml'));
  const shared = table(workspace, 'workspace.package');
  const sharedRequirements = new Map(requirements(table(workspace, 'workspace.dependencies')).map((entry) => [entry.crate, entry]));
  return folders(path.join(root, 'crates'), 'Cargo.toml').map(({ folder, text }) => {
    const own = table(text, 'package');
    const inherits = /^version\.workspace\s*=\s*true/m.test(own) || /^version\s*=\s*\{\s*workspace\s*=\s*true/m.test(own);
    const requires = ['dependencies', 'dev-dependencies', 'build-dependencies']
      .flatMap((name) => requirements(table(text, name)).map((entry) => ({ ...entry, forTests: name === 'dev-dependencies' })))
      .map((entry) => ({ ...entry, ...sharedRequirements.get(entry.crate) }));
    return {
      folder,
      name: value(own, 'name') ?? folder,
      version: inherits ? value(shared, 'version') : value(own, 'version'),
      published: !/^publish\s*=\s*(false|\[\s*\])/m.test(own),
      inherits,
      requires: requires.filter(({ crate }) => crate.startsWith('wasm-revive')),
    };
  });
}

function folders(parent, manifest) {
  if (!fs.existsSync(parent)) return [];
  return fs
    .readdirSync(parent)
    .sort()
    .map((folder) => ({ folder, file: path.join(parent, folder, manifest) }))
    .filter(({ file }) => fs.existsSync(file))
    .map(({ folder, file }) => ({ folder, text: readFile(file) }));
}

const readFile = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');

/** The lines of one TOML table, without its header. */
function table(toml, name) {
  const lines = toml.split('\n');
  const start = lines.findIndex((line) => line.trim() === `[${name}]`);
  if (start < 0) return '';
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\s*\[/.test(line));
  return rest.slice(0, end < 0 ? undefined : end).join('\n');
}

const value = (text, key) => new RegExp(`^${key}\\s*=\\s*"([^"]*)"`, 'm').exec(text)?.[1];

function requirements(text) {
  return [...text.matchAll(/^([\w-]+)(?:\s*=\s*(.*)|\.workspace\s*=\s*true.*)$/gm)].map(([, crate, rest = '']) => ({
    crate,
    version: /^"([^"]*)"/.exec(rest)?.[1] ?? /\bversion\s*=\s*"([^"]*)"/.exec(rest)?.[1],
  }));
}
