import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { contentHash } from '../lib/content-hash.mjs';
import { checkout } from './checkout.mjs';

const files = { 'crate/src/lib.rs': 'fn a() {}', 'crate/Cargo.toml': '[package]' };
const hash = (folder, salt) => contentHash(folder, [path.join(folder, 'crate'), path.join(folder, 'missing')], salt);

test('the same contents in another place have the same hash', () => {
  expect(hash(checkout(files))).toBe(hash(checkout(files)));
});

test('a change of content, name or salt changes it', () => {
  const base = hash(checkout(files));
  expect(hash(checkout({ ...files, 'crate/src/lib.rs': 'fn b() {}' }))).not.toBe(base);
  expect(hash(checkout({ 'crate/src/main.rs': 'fn a() {}', 'crate/Cargo.toml': '[package]' }))).not.toBe(base);
  expect(hash(checkout(files), 'unwind')).not.toBe(base);
});

test('what builds leave behind does not', () => {
  const folder = checkout(files);
  const before = hash(folder);
  fs.mkdirSync(path.join(folder, 'crate/target'));
  fs.writeFileSync(path.join(folder, 'crate/target/x'), 'x');
  expect(hash(folder)).toBe(before);
});
