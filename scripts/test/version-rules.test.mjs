import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeCrateVersions } from '../lib/crate-versions.mjs';
import { versionProblems } from '../lib/version-rules.mjs';
import { checkout, matchingCheckout } from './checkout.mjs';

test('a checkout whose pairs match has no problem', () => {
  expect(versionProblems(matchingCheckout())).toEqual([]);
});

test('a checkout in which no package is found is a problem', () => {
  expect(versionProblems(checkout({}))).toEqual(['No public npm package was found in packages/.']);
});

test.each([
  [
    'a package that is ahead of its crate',
    { 'packages/wasm-revive/package.json': { name: 'wasm-revive', version: '1.3.0' } },
    'wasm-revive is 1.3.0, but its crate wasm-revive is 1.2.3: they must be the same.',
  ],
  [
    'a pair with different names, the crate taking the version of the workspace',
    { 'packages/kernel/package.json': { name: '@wasm-revive/kernel', version: '1.2.4' } },
    '@wasm-revive/kernel is 1.2.4, but its crate wasm-revive-abi is 1.2.3: they must be the same.',
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
    'a package that asks for another version of its neighbour',
    {
      'packages/unwind-catcher/package.json': {
        name: '@wasm-revive/unwind-catcher',
        version: '1.2.3',
        dependencies: { '@wasm-revive/kernel': '1.2.2' },
      },
    },
    '@wasm-revive/unwind-catcher asks for @wasm-revive/kernel 1.2.2; it must ask for 1.2.3.',
  ],
  [
    'a crate that asks for another version of its neighbour',
    {
      'crates/wasm-revive/Cargo.toml': '[package]\nname = "wasm-revive"\nversion = "1.2.3"\n\n[dependencies]\nwasm-revive-abi = "1.2.0"\n',
    },
    'wasm-revive asks for wasm-revive-abi 1.2.0; it must ask for 1.2.3.',
  ],
  [
    'packages that changesets would raise one by one',
    { '.changeset/config.json': { fixed: [['@wasm-revive/kernel', 'wasm-revive']] } },
    '.changeset/config.json must have one "fixed" group with every public package: @wasm-revive/kernel, @wasm-revive/unwind-catcher, wasm-revive.',
  ],
])('%s is a problem', (_, changes, problem) => {
  expect(versionProblems(matchingCheckout(changes))).toContain(problem);
});

test('the crates follow when the packages are raised', () => {
  const raised = (name, dependencies) => ({ name, version: '2.0.0', dependencies });
  const folder = matchingCheckout({
    'packages/kernel/package.json': raised('@wasm-revive/kernel'),
    'packages/unwind-catcher/package.json': raised('@wasm-revive/unwind-catcher', { '@wasm-revive/kernel': '2.0.0' }),
    'packages/wasm-revive/package.json': raised('wasm-revive'),
  });
  expect(versionProblems(folder)).not.toEqual([]);
  expect(writeCrateVersions(folder)).toEqual(['Cargo.toml', 'crates/unwind-catcher/Cargo.toml', 'crates/wasm-revive/Cargo.toml']);
  expect(versionProblems(folder)).toEqual([]);
  expect(fs.readFileSync(path.join(folder, 'crates/unwind-catcher/Cargo.toml'), 'utf8')).toContain('serde = { version = "1.0" }');
  expect(fs.readFileSync(path.join(folder, 'crates/wasm-revive/Cargo.toml'), 'utf8')).toContain('version = "=2.0.0"');
  expect(writeCrateVersions(folder)).toEqual([]);
});
