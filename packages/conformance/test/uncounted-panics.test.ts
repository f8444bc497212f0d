/** Panics where the transform hasn't found where Rust counts them: only the crate can be asked whether one goes on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { testFolders } from '../src/drive/folders.ts';
import { nameOf } from '../src/invariants.ts';
import { codeOf } from '../src/runner/checks.ts';
import type { Fixtures, Report } from '../src/runner/fixtures.ts';
import { installProbe } from '../src/runner/probe.ts';

const { copyOf } = testFolders();
const probe = installProbe();

/** wasm-bindgen catches no panic in what `free()` calls, so Rust goes on counting it, unless somebody can count it down. */
it(`${nameOf('I1')}: a panic that free() lets through is told once, and what is thrown after it is no panic`, async () => {
  const ns = load();
  const reports: Report[] = [];
  ns.__revive.on('failure', (report) => void reports.push(report));
  const drop = (): unknown => caught(() => new ns.DropBomb('panic-unwrap').free());
  expect(codeOf(drop())).toBe('REVIVE_PANIC');
  let inTheMiddle: unknown;
  ns.nested(() => {
    inTheMiddle = drop();
  });
  expect(codeOf(inTheMiddle)).toBe('REVIVE_PANIC');
  await new Promise((resolve) => setTimeout(resolve, 0));
  const thrown = new Error('thrown by the program');
  expect(
    caught(() =>
      ns.nested(() => {
        throw thrown;
      }),
    ),
  ).toBe(thrown);
  expect(reports.map(({ failure }) => failure.cause ?? failure.kind)).toEqual(['unwound', 'unwound', 'foreign-exception']);
  expect(ns.__revive.generation).toBe(1);
});

/** Something has left frames while others were further out, so the end of the turn is to say whether Rust panics; but that end is a trap. */
it(`${nameOf('I3')}: Rust isn't asked whether it panics after a trap`, async () => {
  const ns = load();
  const reports: Report[] = [];
  ns.__revive.on('failure', (report) => void reports.push(report));
  const next = (): void => {
    ns.fail_first_poll('indirect-call').catch(() => {});
    caught(() => ns.fail('panic-message'));
  };
  ns.wait_often(next, 1).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(probe.takeViolations()).toEqual([]);
  expect(reports.map(({ failure }) => failure.cause ?? failure.kind)).toEqual(['unwound', 'indirect-call']);
});

function load(): Fixtures {
  const dir = copyOf(join(inject('transformed'), 'revive/unwind/nodejs'));
  const file = join(dir, 'wasm_revive_fixtures.js');
  const text = readFileSync(file, 'utf8');
  const uncounted = text.replace(/^ *panicCount: \d+,\n/m, '');
  expect(uncounted).not.toBe(text);
  writeFileSync(file, uncounted);
  Object.assign(globalThis, { host: { tick: (n: number) => n, note() {}, mayThrow: (value: unknown) => value, name: 'node' } });
  return createRequire(import.meta.url)(file) as Fixtures;
}

function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
