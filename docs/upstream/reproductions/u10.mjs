// U10: an `async fn(&mut self)`, and a closure that shares its state, don't compile under panic=unwind. Arguments: the crate's folder, and
// the arguments of `cargo check`. The environment says that panics unwind: RUSTFLAGS=-Cpanic=unwind.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const [folder, cargo = 'cargo', ...more] = process.argv.slice(2);
const args = ['check', '--features', 'unwind-safe', '--target', 'wasm32-unknown-unknown', '--message-format', 'json', ...more];
const { stdout, stderr, error } = spawnSync(cargo, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
if (error) throw error;
if (!stdout.includes('"build-finished"')) throw new Error(stderr);
const errors = stdout
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line))
  .filter(({ reason, message }) => reason === 'compiler-message' && message.level === 'error' && message.code !== null)
  .map(({ message }) => `${message.code.code} ${message.message}`);
assert.deepEqual(errors, []);
