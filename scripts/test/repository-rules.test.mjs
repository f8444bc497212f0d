import { expect, test } from 'vitest';
import { ruleProblems } from '../lib/repository-rules.mjs';
import { checkout } from './checkout.mjs';

const good = {
  name: '@wasm-revive/kernel',
  description: 'A package.',
  type: 'module',
  license: 'MIT OR Apache-2.0',
  sideEffects: false,
  engines: { node: '>=20' },
  scripts: { test: 'vitest run', 'check-package': 'publint' },
};
const withKernel = (manifest, more = {}) =>
  checkout({ 'packages/kernel/package.json': manifest, 'packages/kernel/README.md': '# Kernel', ...more });

test('a checkout that keeps them has no problem', () => {
  expect(ruleProblems(withKernel(good))).toEqual([]);
});

test('a runtime package depends on the kernel alone', () => {
  expect(ruleProblems(withKernel({ ...good, dependencies: { '@wasm-revive/kernel': '1.0.0', mitt: '3.0.0' } }))).toEqual([
    'packages/kernel/package.json: a runtime package depends on @wasm-revive/kernel and nothing else, not on mitt.',
  ]);
});

test('what a public package must say of itself', () => {
  const folder = checkout({ 'packages/kernel/package.json': { name: '@wasm-revive/kernel' } });
  expect(ruleProblems(folder)).toHaveLength(7);
});

test('the lock file names no registry', () => {
  const lock = { packages: { 'packages/kernel': {}, 'node_modules/mitt': { resolved: 'https://registry.example/mitt.tgz' } } };
  expect(ruleProblems(withKernel(good, { 'package-lock.json': lock }))).toEqual([
    "package-lock.json names the registry that node_modules/mitt came from; install with the repository's .npmrc, so that it names none.",
  ]);
});

test('the lock file knows what every package asks for', () => {
  const lock = { packages: { 'packages/kernel': { devDependencies: { mitt: '^3.0.0' } } } };
  const devDependencies = { mitt: '^3.0.0' };
  expect(ruleProblems(withKernel({ ...good, devDependencies }, { 'package-lock.json': lock }))).toEqual([]);
  expect(ruleProblems(withKernel(good, { 'package-lock.json': lock }))).toEqual([
    'package-lock.json does not know what packages/kernel/package.json asks for; run `npm install`.',
  ]);
});

test('what a build makes is read only where the package depends on it, so that the build has ended', () => {
  const test = "new URL('../../wasm-revive/dist/', import.meta.url)";
  const files = (devDependencies) => ({
    'packages/bench/package.json': { name: '@wasm-revive/bench', private: true, type: 'module', devDependencies },
    'packages/wasm-revive/package.json': { name: 'wasm-revive', private: true, type: 'module' },
    'packages/bench/test/one.test.ts': test,
  });
  expect(ruleProblems(checkout(files({ 'wasm-revive': '1.0.0' })))).toEqual([]);
  expect(ruleProblems(checkout(files()))).toEqual([
    'packages/bench/test/one.test.ts reads what the build of wasm-revive makes, which the package does not depend on.',
  ]);
});
