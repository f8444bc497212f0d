import fs from 'node:fs';
import path from 'node:path';
import { satisfies } from 'semver';
import { readCrates, readPackages } from './repository.mjs';

/** Pairs whose halves have different names; every other package is matched with the crate in the folder of the same name. */
const OTHER_NAMES = { kernel: 'abi', bindgen: 'transform' };

/** Packages that have nothing to say to Rust, and so no crate. */
const WITHOUT_CRATE = ['opentelemetry', 'timeline', 'unplugin', 'workers'];

/**
 * Each public npm package that is matched with a crate, and that crate; once more with that crate's macros, which cargo wants in a crate of their
 * own.
 *
 * @param {string} root
 */
export function pairs(root) {
  const crates = new Map(readCrates(root).map((crate) => [crate.folder, crate]));
  return readPackages(root)
    .filter(({ folder, manifest }) => !manifest.private && !WITHOUT_CRATE.includes(folder))
    .flatMap((npm) => {
      const folder = OTHER_NAMES[npm.folder] ?? npm.folder;
      const macros = crates.get(`${folder}-macro`);
      return [{ npm, crate: crates.get(folder) }, ...(macros ? [{ npm, crate: macros }] : [])];
    });
}

/**
 * What is wrong with the versions of a checkout: each package and its crate have the same one, each pair its own, and what they ask of
 * other pairs is a caret range that takes the version beside it. So one feature can be raised alone, and each be pinned by its users.
 *
 * @param {string} root
 * @returns {string[]} one sentence a problem
 */
export function versionProblems(root) {
  const found = pairs(root);
  if (found.length === 0) return ['No public npm package was found in packages/.'];
  return [
    ...pairProblems(found),
    ...loneCrates(root, found),
    ...npmRequirementProblems(root),
    ...crateRequirementProblems(root),
    ...changesetProblems(root),
  ];
}

function pairProblems(found) {
  return found.flatMap(({ npm: { folder, manifest }, crate }) => {
    if (!crate) return [`packages/${folder} has no crate: crates/${OTHER_NAMES[folder] ?? folder} is missing.`];
    if (crate.inherits) return [`crates/${crate.folder} takes the workspace's version; a published crate must have its own.`];
    if (crate.version === manifest.version) return [];
    return [`${manifest.name} is ${manifest.version}, but its crate ${crate.name} is ${crate.version}: they must be the same.`];
  });
}

function loneCrates(root, found) {
  const paired = new Set(found.map(({ crate }) => crate?.folder));
  return readCrates(root)
    .filter((crate) => crate.published && !paired.has(crate.folder))
    .map((crate) => `crates/${crate.folder} is published, but no public package is matched with it.`);
}

function npmRequirementProblems(root) {
  const packages = readPackages(root);
  const versions = new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]));
  return packages.flatMap(({ manifest }) =>
    Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies }).flatMap(([name, range]) => {
      const version = versions.get(name);
      if (version === undefined) return [];
      // Private packages take whatever is beside them, so that a release does not have to touch them.
      if (manifest.private) return range === '*' ? [] : [`${manifest.name} asks for ${name} ${range}; it must ask for *.`];
      if (range.startsWith('^') && satisfies(version, range)) return [];
      return [`${manifest.name} asks for ${name} ${range}; it must ask for a caret range that takes ${version}, such as ^${version}.`];
    }),
  );
}

function crateRequirementProblems(root) {
  const crates = readCrates(root);
  const known = new Map(crates.map((crate) => [crate.name, crate]));
  return crates.flatMap((crate) =>
    crate.requires.flatMap(({ crate: name, version: range, forTests }) => {
      const { version, published } = known.get(name) ?? {};
      // Without a version cargo refuses to publish, but for what is needed for tests alone, which it then leaves out; between crates that are
      // never published there is nothing to say.
      if (version === undefined || (range === undefined && (!crate.published || (forTests && !published)))) return [];
      // Cargo's bare version is a caret range; `=` and the like ask for less.
      if (range !== undefined && /^\d/.test(range) && satisfies(version, `^${range}`)) return [];
      return [
        `${crate.name} asks for ${name} ${range ?? 'without a version'}; it must ask for one that takes ${version}, such as "${version}".`,
      ];
    }),
  );
}

function changesetProblems(root) {
  const file = path.join(root, '.changeset/config.json');
  if (!fs.existsSync(file)) return ['.changeset/config.json is missing.'];
  const { fixed = [], linked = [] } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const packages = readPackages(root)
    .filter(({ manifest }) => !manifest.private)
    .map(({ manifest }) => manifest.name);
  const together = [...fixed, ...linked].filter((group) => packages.filter((name) => group.includes(name)).length > 1);
  return together.map((group) => `.changeset/config.json must not raise packages together: ${group.join(', ')}.`);
}
