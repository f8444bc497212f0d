import fs from 'node:fs';
import path from 'node:path';
import { root, toolsDir } from './paths.mjs';
import { ask, npm, run } from './processes.mjs';
import { UserError } from './user-error.mjs';

/**
 * The Node.js versions besides the running one that the conformance suite runs on, from `node-versions.json`. They come from npm,
 * but not as dependencies of a package: their command is called `node`, and in `node_modules/.bin` it would stand before the real one.
 *
 * @returns {{ major: string, version: string, node: string }[]} `node` is where its binary is, once installed
 */
export function nodeVersions() {
  const versions = JSON.parse(fs.readFileSync(path.join(root, 'scripts/node-versions.json'), 'utf8'));
  return Object.entries(versions).map(([major, version]) => ({
    major,
    version,
    node: path.join(toolsDir, `node-${major}`, 'bin', 'node'),
  }));
}

/**
 * Puts each version into `.tools/node-<major>/bin/node`, unless it is there.
 *
 * @param {(line: string) => void} onLine hears npm's output
 * @returns {Promise<string[]>} the versions installed now
 */
export async function ensureNodeVersions(onLine) {
  const installed = [];
  for (const { major, version, node } of nodeVersions()) {
    if (ask(node, ['--version']) === `v${version}`) continue;
    await install(major, version, onLine);
    if (ask(node, ['--version']) !== `v${version}`) {
      throw new UserError(`Node.js ${version} was installed into ${path.dirname(node)}, but it does not run on this machine.`);
    }
    installed.push(version);
  }
  return installed;
}

async function install(major, version, onLine) {
  const home = path.join(toolsDir, `node-${major}`);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  fs.rmSync(home, { recursive: true, force: true });
  fs.mkdirSync(path.join(home, 'bin'), { recursive: true });
  // A package of its own, so that npm does not take it for part of the workspace around it.
  fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n');
  const { command, args } = npm();
  await run(command, [...args, 'install', '--prefix', home, '--workspaces=false', '--no-audit', '--no-fund', `${name}@${version}`], {
    cwd: home,
    onLine,
  });
  fs.symlinkSync(path.join('..', 'node_modules', name, 'bin', 'node'), path.join(home, 'bin', 'node'));
}
