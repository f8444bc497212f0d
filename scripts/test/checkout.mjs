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

/** Three pairs that match, each with a version of its own: one by the table of names, two by their folders. */
export function matchingCheckout(changes = {}) {
  return checkout({
    '.changeset/config.json': { fixed: [], linked: [] },
    'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n\n[workspace.package]\nversion = "0.9.0"\nedition = "2021"\n',
    'packages/kernel/package.json': { name: '@wasm-revive/kernel', version: '1.3.4' },
    'packages/unwind-catcher/package.json': {
      name: '@wasm-revive/unwind-catcher',
      version: '0.2.1',
      dependencies: { '@wasm-revive/kernel': '^1.2.3' },
    },
    'packages/wasm-revive/package.json': {
      name: 'wasm-revive',
      version: '2.0.0',
      dependencies: { '@wasm-revive/kernel': '^1.3.0', '@wasm-revive/unwind-catcher': '^0.2.0' },
    },
    'packages/demo/package.json': { name: '@wasm-revive/demo', version: '0.0.0', private: true, devDependencies: { 'wasm-revive': '*' } },
    'crates/abi/Cargo.toml': '[package]\nname = "wasm-revive-abi"\nversion = "1.3.4"\nrust-version = "1.88"\n',
    'crates/unwind-catcher/Cargo.toml':
      '[package]\nname = "wasm-revive-unwind-catcher"\nversion = "0.2.1"\n\n[dependencies]\nserde = { version = "1.0" }\nwasm-revive-abi = { version = "1.2.3", path = "../abi" }\n',
    'crates/wasm-revive/Cargo.toml':
      '[package]\nname = "wasm-revive"\nversion = "2.0.0"\n\n[dependencies]\nwasm-revive-abi = "1.3.0"\nwasm-revive-unwind-catcher = { path = "../unwind-catcher", version = "0.2.0" }\n',
    'crates/fixtures/Cargo.toml':
      '[package]\nname = "wasm-revive-fixtures"\nversion.workspace = true\npublish = false\n\n[dependencies]\nwasm-revive-abi = { path = "../abi" }\n',
    ...changes,
  });
}
