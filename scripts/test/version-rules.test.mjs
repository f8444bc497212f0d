import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { satisfies } from 'semver';
import { expect, test } from 'vitest';
import { isWithinCaret } from '../../packages/kernel/src/module/caret.ts';
import { writeCrateVersions } from '../lib/crate-versions.mjs';
import { versionProblems } from '../lib/version-rules.mjs';
import { checkout, matchingCheckout } from './checkout.mjs';

test('a checkout whose pairs match has no problem', () => {
  expect(versionProblems(matchingCheckout())).toEqual([]);
});

test('a package that has nothing to say to Rust needs no crate', () => {
  expect(versionProblems(matchingCheckout({ 'packages/opentelemetry/package.json': openTelemetry('^1.3.0') }))).toEqual([]);
});

test('a published crate may test itself with one that is never published', () => {
  const withTests = (table) => ({
    'crates/abi/Cargo.toml': `[package]\nname = "wasm-revive-abi"\nversion = "1.3.4"\n\n[${table}]\nwasm-revive-fixtures = { path = "../fixtures" }\n`,
  });
  expect(versionProblems(matchingCheckout(withTests('dev-dependencies')))).toEqual([]);
  expect(versionProblems(matchingCheckout(withTests('dependencies')))).not.toEqual([]);
});

test('a checkout in which no package is found is a problem', () => {
  expect(versionProblems(checkout({}))).toEqual(['No public npm package was found in packages/.']);
});

test.each([
  [
    'a package that is ahead of its crate',
    { 'packages/wasm-revive/package.json': { name: 'wasm-revive', version: '2.1.0' } },
    'wasm-revive is 2.1.0, but its crate wasm-revive is 2.0.0: they must be the same.',
  ],
  [
    'a pair with different names',
    { 'packages/kernel/package.json': { name: '@wasm-revive/kernel', version: '1.3.5' } },
    '@wasm-revive/kernel is 1.3.5, but its crate wasm-revive-abi is 1.3.4: they must be the same.',
  ],
  [
    'a published crate with the version of the workspace',
    { 'crates/abi/Cargo.toml': '[package]\nname = "wasm-revive-abi"\nversion.workspace = true\n' },
    "crates/abi takes the workspace's version; a published crate must have its own.",
  ],
  [
    'a package without a crate',
    { 'packages/abort-detector/package.json': { name: '@wasm-revive/abort-detector', version: '1.2.3' } },
    'packages/abort-detector has no crate: crates/abort-detector is missing.',
  ],
  [
    'a published crate without a package',
    { 'crates/extra/Cargo.toml': '[package]\nname = "wasm-revive-extra"\nversion = "1.2.3"\n' },
    'crates/extra is published, but no public package is matched with it.',
  ],
  [
    'a package whose range leaves its neighbour out',
    { 'packages/unwind-catcher/package.json': unwindCatcher('^1.4.0') },
    '@wasm-revive/unwind-catcher asks for @wasm-revive/kernel ^1.4.0; it must ask for a caret range that takes 1.3.4, such as ^1.3.4.',
  ],
  [
    'a package without a crate whose range leaves its neighbour out',
    { 'packages/opentelemetry/package.json': openTelemetry('^1.4.0') },
    '@wasm-revive/opentelemetry asks for @wasm-revive/kernel ^1.4.0; it must ask for a caret range that takes 1.3.4, such as ^1.3.4.',
  ],
  [
    'a package without a crate that is raised together with others',
    {
      'packages/opentelemetry/package.json': openTelemetry('^1.3.0'),
      '.changeset/config.json': { fixed: [['wasm-revive', '@wasm-revive/opentelemetry']] },
    },
    '.changeset/config.json must not raise packages together: wasm-revive, @wasm-revive/opentelemetry.',
  ],
  [
    'a package that asks for one version of its neighbour only',
    { 'packages/unwind-catcher/package.json': unwindCatcher('1.3.4') },
    '@wasm-revive/unwind-catcher asks for @wasm-revive/kernel 1.3.4; it must ask for a caret range that takes 1.3.4, such as ^1.3.4.',
  ],
  [
    'a private package that would have to be raised',
    {
      'packages/demo/package.json': {
        name: '@wasm-revive/demo',
        version: '0.0.0',
        private: true,
        devDependencies: { 'wasm-revive': '^2.0.0' },
      },
    },
    '@wasm-revive/demo asks for wasm-revive ^2.0.0; it must ask for *.',
  ],
  [
    'a crate whose range leaves its neighbour out',
    {
      'crates/wasm-revive/Cargo.toml': '[package]\nname = "wasm-revive"\nversion = "2.0.0"\n\n[dependencies]\nwasm-revive-abi = "2.0.0"\n',
    },
    'wasm-revive asks for wasm-revive-abi 2.0.0; it must ask for one that takes 1.3.4, such as "1.3.4".',
  ],
  [
    'a crate that asks for one version of its neighbour only',
    {
      'crates/wasm-revive/Cargo.toml': '[package]\nname = "wasm-revive"\nversion = "2.0.0"\n\n[dependencies]\nwasm-revive-abi = "=1.3.4"\n',
    },
    'wasm-revive asks for wasm-revive-abi =1.3.4; it must ask for one that takes 1.3.4, such as "1.3.4".',
  ],
  [
    'packages that changesets would raise together',
    { '.changeset/config.json': { fixed: [['@wasm-revive/kernel', 'wasm-revive']] } },
    '.changeset/config.json must not raise packages together: @wasm-revive/kernel, wasm-revive.',
  ],
])('%s is a problem', (_, changes, problem) => {
  expect(versionProblems(matchingCheckout(changes))).toContain(problem);
});

function openTelemetry(kernel) {
  return { name: '@wasm-revive/opentelemetry', version: '0.3.0', dependencies: { '@wasm-revive/kernel': kernel } };
}

function unwindCatcher(kernel, version = '0.2.1') {
  return { name: '@wasm-revive/unwind-catcher', version, dependencies: { '@wasm-revive/kernel': kernel } };
}

test('one crate follows when one package is raised', () => {
  const folder = matchingCheckout({ 'packages/kernel/package.json': { name: '@wasm-revive/kernel', version: '1.4.0' } });
  expect(versionProblems(folder)).not.toEqual([]);
  expect(writeCrateVersions(folder)).toEqual(['crates/abi/Cargo.toml']);
  expect(versionProblems(folder)).toEqual([]);
  expect(fs.readFileSync(path.join(folder, 'crates/abi/Cargo.toml'), 'utf8')).toContain('version = "1.4.0"\nrust-version = "1.88"');
});

test('crates ask for what their packages ask for when a version leaves their range', () => {
  const folder = matchingCheckout({
    'packages/kernel/package.json': { name: '@wasm-revive/kernel', version: '2.0.0' },
    'packages/unwind-catcher/package.json': unwindCatcher('^2.0.0', '0.2.2'),
    'packages/wasm-revive/package.json': {
      name: 'wasm-revive',
      version: '2.0.1',
      dependencies: { '@wasm-revive/kernel': '^2.0.0', '@wasm-revive/unwind-catcher': '^0.2.0' },
    },
  });
  expect(versionProblems(folder)).not.toEqual([]);
  const written = ['crates/abi/Cargo.toml', 'crates/unwind-catcher/Cargo.toml', 'crates/wasm-revive/Cargo.toml'];
  expect(writeCrateVersions(folder)).toEqual(written);
  expect(versionProblems(folder)).toEqual([]);
  const [, unwind, all] = written.map((file) => fs.readFileSync(path.join(folder, file), 'utf8'));
  expect(unwind).toContain('serde = { version = "1.0" }\nwasm-revive-abi = { version = "2.0.0", path = "../abi" }');
  expect(all).toContain('wasm-revive-abi = "2.0.0"\nwasm-revive-unwind-catcher = { path = "../unwind-catcher", version = "0.2.0" }');
  expect(writeCrateVersions(folder)).toEqual([]);
});

test('the runtime means by a caret range what npm and this check mean', () => {
  const number = fc.integer({ min: 0, max: 2 });
  const version = fc
    .tuple(number, number, number, fc.constantFrom('', '-rc.1', '-rc.2', '-alpha'))
    .map(([major, minor, patch, preRelease]) => `${major}.${minor}.${patch}${preRelease}`);
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(isWithinCaret(a, b)).toBe(satisfies(a, `^${b}`) || satisfies(b, `^${a}`));
    }),
    { numRuns: 3_000 },
  );
});
