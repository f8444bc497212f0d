import { expect, test } from 'vitest';
import { withoutTargetFeatures } from '../lib/target-features.mjs';

const text = (value) => [value.length, ...Buffer.from(value)];
const feature = (name) => ['+'.charCodeAt(0), ...text(name)];
const custom = (name, contents) => {
  const body = [...text(name), ...contents];
  return [0, body.length, ...body];
};
const HEAD = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const TYPES = [1, 4, 1, 0x60, 0, 0];
const NAMES = custom('name', [1, 2, 3]);
const moduleWith = (...features) =>
  new Uint8Array([...HEAD, ...TYPES, ...custom('target_features', [features.length, ...features.flatMap(feature)]), ...NAMES]);

test('takes features out of what a module says of itself, and leaves the rest as it is', () => {
  const module = moduleWith('bulk-memory', 'multivalue', 'reference-types', 'sign-ext');
  expect(withoutTargetFeatures(module, ['multivalue', 'reference-types'])).toEqual(Buffer.from(moduleWith('bulk-memory', 'sign-ext')));
  expect(WebAssembly.validate(withoutTargetFeatures(module, ['multivalue']))).toBe(true);
});

test('refuses a module that does not say that it uses them: it would be the default build by another name', () => {
  expect(() => withoutTargetFeatures(moduleWith('sign-ext'), ['multivalue'])).toThrow(/does not say that it uses multivalue/);
});
