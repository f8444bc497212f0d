// U6: `--experimental-reset-state-function` is refused for the targets that most people use.
// Arguments: wasm-bindgen, and the wasm file as cargo makes it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [wasmBindgen, wasm] = process.argv.slice(2);
const out = mkdtempSync(path.join(tmpdir(), 'upstream-u06-'));
try {
  const refused = ['bundler', 'deno', 'no-modules', 'web', 'nodejs', 'module'].filter((target) => {
    const args = ['--target', target, '--out-dir', out, '--experimental-reset-state-function', wasm];
    const { status, error } = spawnSync(wasmBindgen, args, { encoding: 'utf8' });
    if (error) throw error;
    return status !== 0;
  });
  assert.deepEqual(refused, []);
} finally {
  rmSync(out, { recursive: true });
}
