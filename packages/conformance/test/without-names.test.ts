/** Releases have no names of functions: what is told of their panics then, without the crates. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CrashReport, isReviveError } from 'wasm-revive';
import { transform } from 'wasm-revive/transform';
import { testFolders } from '../src/drive/folders.ts';
import { upstreamPackage } from '../src/drive/paths.ts';
import { stripped } from '../src/drive/wasm-bytes.ts';
import { moduleName } from '../src/hosts/node.ts';
import { nameOf } from '../src/invariants.ts';
import { WAYS_TO_FAIL } from '../src/runner/corpus.ts';
import type { Fixtures } from '../src/runner/fixtures.ts';

/** `panic_any` of what is no text leaves no place on the stack. */
const HERE = WAYS_TO_FAIL.filter(({ name, place }) => place === 'here' && name !== 'payload of a number').map(({ name }) => name);

/** A number has no text before Rust writes it, and nothing says that it is a number. */
const WORDS: readonly (readonly [string, string])[] = [
  ['array index', 'index out of bounds: the len is … but the index is …'],
  ['unwrap none', 'called `Option::unwrap()` on a `None` value'],
  ['expect none', 'somebody'],
  ['unwrap err', 'called `Result::unwrap()` on an `Err` value: …'],
  ['divide by zero', 'attempt to divide by zero'],
  ['explicit', 'explicit …'],
  ['todo', 'not yet implemented: the hard part'],
  ['assert_eq', 'assertion `left == right` failed\n  left: …\n right: …'],
  ['in a function of its own', 'too deep'],
  ['refcell mutable twice', 'a panic, whose message is known only with the wasm-revive-abort-detector crate'],
];

const { copyOf } = testFolders();

describe('panic=abort, no crates, no names', () => {
  let reports: ReadonlyMap<string, { readonly line: number; readonly report: CrashReport | undefined }> = new Map();

  beforeAll(() => {
    const dir = copyOf(upstreamPackage('abort', 'nodejs'));
    const file = join(dir, readdirSync(dir).find((name) => name.endsWith('_bg.wasm')) ?? '');
    const named = readFileSync(file);
    writeFileSync(file, stripped(named));
    expect(readFileSync(file).length).toBeLessThan(named.length);
    transform({ dir });
    const ns = createRequire(import.meta.url)(join(dir, `${moduleName(dir)}.js`)) as Fixtures;
    ns.__revive.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
    reports = new Map(
      ns.ways_to_fail().map((way) => {
        const name = way.slice(way.indexOf(' ') + 1);
        return [name, { line: Number.parseInt(way, 10), report: reportOf(() => ns.fail_as(name)) }];
      }),
    );
  });

  it.each(HERE)(`${nameOf('I1')} › %s: as a panic, and where`, (name) => {
    const { line, report } = reports.get(name) ?? {};
    const failure = report?.failure;
    expect(failure?.kind === 'aborted' && failure.cause).toBe('panic-abort');
    expect(failure?.panic?.location).toMatchObject({ file: 'crates/fixtures/src/corpus.rs', line });
  });

  it.each(WORDS)(`${nameOf('I1')} › %s: in Rust's words, as far as they are there`, (name, words) => {
    expect(reports.get(name)?.report?.failure.panic?.message).toBe(words);
  });

  it.each(['exit', 'rwlock within itself'])(`${nameOf('I1')} › %s: no panic is told where there was none`, (name) => {
    const failure = reports.get(name)?.report?.failure;
    expect(failure?.kind === 'aborted' && failure.cause).toBe('unreachable');
    expect(failure?.panic).toBeUndefined();
  });
});

function reportOf(fail: () => void): CrashReport | undefined {
  try {
    fail();
  } catch (error) {
    return isReviveError(error) ? error.report : undefined;
  }
  return undefined;
}
