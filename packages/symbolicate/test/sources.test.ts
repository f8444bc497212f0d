import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourcesOnDisk } from '../src/index.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-revive-test-'));

describe('sourcesOnDisk', () => {
  beforeAll(() => {
    for (const path of ['crates/a/src/lib.rs', 'src/lib.rs', 'lib.rs', 'secret.txt']) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), path);
    }
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each([
    ['a relative path', 'src/lib.rs', 'src/lib.rs'],
    ["Windows' relative path", 'crates\\a\\src\\lib.rs', 'crates/a/src/lib.rs'],
    ['where another machine had it', '/ci/build/app/crates/a/src/lib.rs', 'crates/a/src/lib.rs'],
    ['where Windows had it', 'D:\\a\\app\\crates\\a\\src\\lib.rs', 'crates/a/src/lib.rs'],
    ['where it is', join(root, 'lib.rs'), 'lib.rs'],
    ['nothing by a name alone', '/elsewhere/lib.rs', undefined],
    ["nothing of other people's crates", '/home/.cargo/registry/src/index/serde-1.0.0/src/lib.rs', undefined],
    ['nothing of what the standard library depends on', '/rust/deps/hashbrown-0.15.2/src/lib.rs', undefined],
    ['nothing that is no source', 'secret.txt', undefined],
  ])('finds %s', (_, path, found) => {
    expect(sourcesOnDisk(root)(path)?.text).toBe(found);
  });

  it('takes an absolute path for what it says where no folder was named', () => {
    expect(sourcesOnDisk()('/ci/build/app/crates/a/src/lib.rs')).toBeUndefined();
    expect(sourcesOnDisk()(join(root, 'src/lib.rs'))?.text).toBe('src/lib.rs');
  });
});
