/** Rust's words of a panic in what an older Rust (1.85) has compiled, without the crates: its standard library has messages in another form. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UNKNOWN_PANIC } from '@wasm-revive/kernel';
import { expect, it } from 'vitest';
import type { CrashReport } from 'wasm-revive';
import { transform } from 'wasm-revive/transform';
import { testFolders } from '../src/drive/folders.ts';
import { unpackOlder } from '../src/drive/older-versions.ts';
import { nameOf } from '../src/invariants.ts';
import { WAYS_TO_FAIL } from '../src/runner/corpus.ts';
import type { Fixtures } from '../src/runner/fixtures.ts';
import { thrownBy } from '../src/runner/scenarios/scenario.ts';

const { empty } = testFolders();

/** Where an argument is left open that only Rust's own code can write, or of which the names of this compiler don't say what it is. */
const LEFT_OPEN =
  'str boundary,str range,string remove,utf-8,utf-8 str,unwrap err,unwrap_err ok,expect_err ok,parse int,parse float,once cell twice,' +
  'mutex within itself,rc still shared,clamp,assert_eq,assert_ne,an error of Display,thread,file';

/** Where there is no message to be read, or it is being written. */
const UNTOLD = 'panic while the panic is shown,payload of a String,payload of a number,payload resumed';

it(`${nameOf('I1')}: panics of Rust 1.85 are told in its words, and in no others`, () => {
  const dir = empty();
  unpackOlder('0.2.84', dir);
  transform({ dir: join(dir, 'nodejs') });
  const ns = createRequire(import.meta.url)(join(dir, 'nodejs', 'wasm_revive_fixtures.js')) as Fixtures;
  let report: CrashReport | undefined;
  ns.__revive.configure({ onFailure: (of) => (report = of as unknown as CrashReport) });
  const [open, untold, wrong]: [string[], string[], unknown[]] = [[], [], []];
  for (const { name, message, causes } of WAYS_TO_FAIL) {
    if (message === undefined || causes !== undefined) continue;
    report = undefined;
    // One that goes well in between: else it fails too often in a row.
    ns.add(1, 2);
    thrownBy(() => ns.fail_as(name));
    const told = (report as CrashReport | undefined)?.failure.panic?.message;
    if (told?.includes('…')) open.push(name);
    else if (told === undefined || told === UNKNOWN_PANIC) untold.push(name);
    else if (!message.test(told)) wrong.push([name, told]);
  }
  expect(wrong).toEqual([]);
  expect(untold.join()).toBe(UNTOLD);
  expect(open.join()).toBe(LEFT_OPEN);
});
