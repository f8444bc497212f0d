/** I9: no package is written whose wasm file the engine refuses. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { transform } from '../src/index.js';

const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

it('a module that was made wrong is a fault of the command, and changes nothing', () => {
  cpSync(new URL('../../../.artifacts/fixtures/abort/nodejs/', import.meta.url), dir, { recursive: true });
  const content = (): string[] =>
    readdirSync(dir)
      .filter((file) => statSync(join(dir, file)).isFile())
      .map((file) => `${file}: ${readFileSync(join(dir, file), 'base64')}`);
  const before = content();
  const length = readFileSync(join(dir, 'wasm_revive_fixtures_bg.wasm')).length;
  // Nothing that is known to be made wrong is left to try it on.
  vi.spyOn(WebAssembly, 'validate').mockImplementation((bytes) => bytes.byteLength === length);
  const run = (): unknown => transform({ dir, recovery: 'rollback', runtime: { import: 'wasm-revive/runtime' }, version: '9.9.9' });
  expect(run).toThrow(
    expect.objectContaining({
      code: 'REVIVE_FAULT',
      message: expect.stringMatching(/of wasm_revive_fixtures_bg\.wasm .*the engine refuses.*nothing was changed/),
    }),
  );
  expect(content()).toEqual(before);
});
