import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runTests } from '../suite/run-tests.mjs';

/** A driver script like upstream's: `fails` is told, `dies` takes the process down. */
const DRIVER = `
  const told = { 'a::fine': 'ok', 'a::fails': 'FAIL', 'a::skipped': 'ignored' };
  const tests = [];
  tests.push('__wbgt__wasm::a::fine')
tests.push('__wbgt__wasm::a::dies')
tests.push('__wbgt__wasm::a::fails')
tests.push('__wbgt__wasm::a::skipped')
  for (const name of tests.map((name) => name.slice(name.indexOf('::') + 2))) {
    if (told[name] !== 'ignored') console.log('Invoking test: ' + name);
    if (name === 'a::dies') throw new Error('gone');
    console.log('test ' + name + ' ... ' + told[name]);
  }
  console.log('---- a::fails output ----\\n    JS exception that was thrown:\\n        Error: wrong\\n');
  console.log('test result: FAILED.');
`;

/** @type {string} */
let dir;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'corpus-'));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const run = (/** @type {string | undefined} */ filter) => runTests({ dir, node: process.execPath, cwd: dir, filter }, () => {});

test('a test that takes the process down hides no other', async () => {
  fs.writeFileSync(path.join(dir, 'run.cjs'), DRIVER);
  const { tests } = await run(undefined);
  expect(Object.fromEntries(tests)).toEqual({
    'a::fine': { status: 'ok', why: '' },
    'a::dies': { status: 'died', why: expect.stringContaining('gone') },
    'a::fails': { status: 'failed', why: 'Error: wrong' },
    'a::skipped': { status: 'ignored', why: '' },
  });
});

test('a filter leaves the others out', async () => {
  fs.writeFileSync(path.join(dir, 'run.cjs'), DRIVER);
  expect([...(await run('fine')).tests.keys()]).toEqual(['a::fine']);
});

test('a package that does not load fails every test, and says why once each', async () => {
  fs.writeFileSync(path.join(dir, 'run.cjs'), `throw new Error('not linked');\n${DRIVER}`);
  const { tests } = await run(undefined);
  expect(tests.size).toBe(4);
  expect(new Set([...tests.values()].map(({ status, why }) => `${status}: ${why}`))).toEqual(
    new Set([expect.stringContaining('died: nothing ran: exit code 1, Error: not linked')]),
  );
});
