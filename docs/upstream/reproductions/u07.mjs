// U7: no released Rust has a standard library for WebAssembly that unwinds. Arguments: rustc.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SOURCE = `
#[no_mangle]
pub extern "C" fn catches() -> u32 {
    u32::from(std::panic::catch_unwind(|| panic!("caught")).is_err())
}`;

const [rustc] = process.argv.slice(2);
const out = mkdtempSync(path.join(tmpdir(), 'upstream-u07-'));
try {
  const wasm = path.join(out, 'catches.wasm');
  const args = ['--crate-type', 'cdylib', '--target', 'wasm32-unknown-unknown', '-O', '-Cpanic=unwind', '-o', wasm, '-'];
  const { stderr, error } = spawnSync(rustc, args, { input: SOURCE, encoding: 'utf8' });
  if (error) throw error;
  assert.equal(stderr, '');
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm));
  assert.equal(instance.exports.catches(), 1);
} finally {
  rmSync(out, { recursive: true });
}
