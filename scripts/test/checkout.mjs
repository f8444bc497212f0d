import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Writes a small checkout for a test to look at.
 *
 * @param {Record<string, string | object>} files contents by name; objects are written as JSON
 * @returns {string} its folder
 */
export function checkout(files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wasm-revive-scripts-'));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** Three pairs that match: one by name, one by the table, one with a version of its own in the crate. */
export function matchingCheckout(changes = {}) {
  return checkout({
    '.changeset/config.json': { fixed: [['@wasm-revive/kernel', '@wasm-revive/unwind-catcher', 'wasm-revive']] },
    'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n\n[workspace.package]\nversion = "1.2.3"\nedition = "2021"\n',
    'packages/kernel/package.json': { name: '@wasm-revive/kernel', version: '1.2.3' },
    'packages/unwind-catcher/package.json': {
      name: '@wasm-revive/unwind-catcher',
      version: '1.2.3',
      dependencies: { '@wasm-revive/kernel': '1.2.3' },
    },
    'packages/wasm-revive/package.json': { name: 'wasm-revive', version: '1.2.3' },
    'packages/demo/package.json': { name: '@wasm-revive/demo', version: '0.0.0', private: true, devDependencies: { 'wasm-revive': '*' } },
    'crates/abi/Cargo.toml': '[package]\nname = "wasm-revive-abi"\nversion.workspace = true\n',
    'crates/unwind-catcher/Cargo.toml':
      '[package]\nname = "wasm-revive-unwind-catcher"\nversion.workspace = true\n\n[dependencies]\nserde = { version = "1.0" }\nwasm-revive-abi = { version = "1.2.3", path = "../abi" }\n',
    'crates/wasm-revive/Cargo.toml':
      '[package]\nname = "wasm-revive"\nversion = "1.2.3"\n\n[dependencies]\nwasm-revive-abi = { path = "../abi", version = "=1.2.3" }\n',
    'crates/fixtures/Cargo.toml':
      '[package]\nname = "wasm-revive-fixtures"\nversion = "0.0.0"\npublish = false\n\n[dependencies]\nwasm-revive-abi = { path = "../abi" }\n',
    ...changes,
  });
}
