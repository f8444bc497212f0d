import fs from 'node:fs';
import path from 'node:path';
import { ask } from './processes.mjs';
import { readPackages } from './repository.mjs';

/** The packages that run beside users' modules: they may depend on the kernel and on nothing else. */
const RUNTIME = ['kernel', 'unwind-catcher', 'abort-detector', 'reinit-manager', 'entrypoint-shim'];

/**
 * What is wrong with a checkout by the rules that no other tool checks.
 *
 * @param {string} root
 * @returns {string[]} one sentence a problem
 */
export function ruleProblems(root) {
  return [...packageProblems(root), ...lockFileProblems(root), ...builtFilesProblems(root), ...committedBinaries(root)];
}

function packageProblems(root) {
  return readPackages(root).flatMap(({ folder, manifest }) => {
    const problems = [];
    const need = (holds, text) => holds || problems.push(`packages/${folder}/package.json: ${text}`);
    need(manifest.type === 'module', '"type" must be "module".');
    if (manifest.private) return problems;
    need(manifest.license === 'MIT OR Apache-2.0', '"license" must be "MIT OR Apache-2.0".');
    need(manifest.sideEffects === false, '"sideEffects" must be false.');
    need(manifest.engines?.node, '"engines.node" is missing.');
    need(manifest.description, '"description" is missing.');
    need(manifest.scripts?.test && manifest.scripts['check-package'], 'the scripts "test" and "check-package" are missing.');
    need(fs.existsSync(path.join(root, 'packages', folder, 'README.md')), 'a README.md must stand beside it.');
    if (RUNTIME.includes(folder)) {
      const other = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }).filter(
        (name) => name !== '@wasm-revive/kernel',
      );
      need(other.length === 0, `a runtime package depends on @wasm-revive/kernel and nothing else, not on ${other.join(', ')}.`);
    }
    return problems;
  });
}

function lockFileProblems(root) {
  const file = path.join(root, 'package-lock.json');
  if (!fs.existsSync(file)) return [];
  const { packages } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const problems = [];
  const [named] = Object.entries(packages).find(([, entry]) => /^https?:/.test(entry.resolved ?? '')) ?? [];
  if (named)
    problems.push(
      `package-lock.json names the registry that ${named} came from; install with the repository's .npmrc, so that it names none.`,
    );
  for (const { folder, manifest } of readPackages(root)) {
    const locked = packages[`packages/${folder}`] ?? {};
    const differs = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].some(
      (kind) => !sameEntries(manifest[kind], locked[kind]),
    );
    if (differs) problems.push(`package-lock.json does not know what packages/${folder}/package.json asks for; run \`npm install\`.`);
  }
  return problems;
}

const sameEntries = (a = {}, b = {}) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

/** Tests wait for the builds of what their package depends on. What they read of another one may be there or not, or be half written. */
function builtFilesProblems(root) {
  const packages = readPackages(root);
  return packages.flatMap(({ folder, manifest }) => {
    const known = { [manifest.name]: true, ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies };
    return sourceFiles(path.join(root, 'packages', folder)).flatMap((file) =>
      [...fs.readFileSync(file, 'utf8').matchAll(/\.\.\/([\w-]+)\/dist\//g)].flatMap(([, other]) => {
        const name = packages.find((one) => one.folder === other)?.manifest.name;
        if (!name || name in known) return [];
        return `${path.relative(root, file)} reads what the build of ${name} makes, which the package does not depend on.`;
      }),
    );
  });
}

/** The files of a package in which its code and its tests are written. */
function sourceFiles(folder) {
  return ['src', 'test', 'scripts'].flatMap((part) => {
    const under = path.join(folder, part);
    if (!fs.existsSync(under)) return [];
    return fs
      .readdirSync(under, { recursive: true })
      .filter((file) => /\.m?[jt]s$/.test(file))
      .map((file) => path.join(under, file));
  });
}

function committedBinaries(root) {
  const tracked = ask('git', ['-C', root, 'ls-files', '*.wasm', '*.tgz', '*.node']) ?? '';
  return tracked
    .split('\n')
    .filter(Boolean)
    .map((file) => `${file} is a binary that the set-up or the tests have to make; it must not be committed.`);
}
