import fs from 'node:fs';
import path from 'node:path';
import { root, toolsDir } from './paths.mjs';
import { ask, npm, run } from './processes.mjs';
import { UserError } from './user-error.mjs';

/**
 * The JavaScript runtimes besides the running Node.js that the conformance suite runs on, from `js-runtimes.json`. They come from npm,
 * but not as dependencies of a package: the command of some is called `node`, and in `node_modules/.bin` it would stand before the real one.
 *
 * @returns {{ name: string, version: string, binary: string }[]} `binary` is where it is, once installed
 */
export function jsRuntimes() {
  const versions = JSON.parse(fs.readFileSync(path.join(root, 'scripts/js-runtimes.json'), 'utf8'));
  return Object.entries(versions).map(([name, version]) => ({ name, version, binary: path.join(toolsDir, name, 'bin', command(name)) }));
}

/**
 * Puts each into `.tools/<name>/bin`, unless it is there.
 *
 * @param {(line: string) => void} onLine hears npm's output
 * @returns {Promise<string[]>} those installed now
 */
export async function ensureJsRuntimes(onLine) {
  const installed = [];
  for (const runtime of jsRuntimes()) {
    if (isThere(runtime)) continue;
    await install(runtime, onLine);
    if (!isThere(runtime)) {
      throw new UserError(
        `${runtime.name} ${runtime.version} was installed into ${path.dirname(runtime.binary)}, but it does not run on this machine.`,
      );
    }
    installed.push(`${runtime.name} ${runtime.version}`);
  }
  return installed;
}

const command = (name) => name.replace(/-\d+$/, '');

/** `v22.23.3`, `1.4.5`, `deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)`. */
const isThere = ({ binary, version }) =>
  ask(binary, ['--version'])
    ?.split(/[\s(]+/)
    .some((word) => word.replace(/^v/, '') === version) === true;

/** The package with the binary for this platform, and where in it that is. */
function packageOf(name) {
  const { platform, arch } = process;
  switch (command(name)) {
    case 'bun':
      return { name: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`, binary: 'bin/bun' };
    case 'deno':
      return { name: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`, binary: 'deno' };
    default:
      return { name: `node-${platform === 'win32' ? 'win' : platform}-${arch}`, binary: 'bin/node' };
  }
}

async function install({ name, version, binary }, onLine) {
  const home = path.join(toolsDir, name);
  const from = packageOf(name);
  fs.rmSync(home, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(binary), { recursive: true });
  // A package of its own, so that npm does not take it for part of the workspace around it.
  fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n');
  const { command: npmCommand, args } = npm();
  await run(
    npmCommand,
    [...args, 'install', '--prefix', home, '--workspaces=false', '--no-audit', '--no-fund', `${from.name}@${version}`],
    {
      cwd: home,
      onLine,
    },
  );
  fs.symlinkSync(path.join('..', 'node_modules', from.name, from.binary), binary);
}
