/** A program whose built-in objects are frozen, as under SES or `--frozen-intrinsics`: nothing of ours may need to change them. */
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { PANIC_MODES, RUNNING_NODE } from '../src/drive/paths.ts';
import { runSource } from '../src/drive/run-in-node.ts';
import { nameOf } from '../src/invariants.ts';

const FROZEN = `
  import { readFileSync } from 'node:fs';
  const [dir] = process.argv.slice(2);
  for (const frozen of [Error, Error.prototype, Promise, Promise.prototype, Object, Object.prototype, Reflect, WebAssembly]) Object.freeze(frozen);
  const { default: init, __revive, fail, fail_first_poll, add } = await import(dir + '/wasm_revive_fixtures.js');
  await init({ module_or_path: readFileSync(dir + '/wasm_revive_fixtures_bg.wasm') });
  const told = [];
  __revive.on('failure', ({ failure }) => told.push(failure.panic?.message ?? failure.cause));
  const codes = [];
  for (const kind of ['panic-message', 'panic-index', 'out-of-bounds']) {
    try { fail(kind); } catch (error) { codes.push(error.code); }
  }
  await fail_first_poll('panic-message').catch((error) => codes.push(error.code));
  process.stdout.write(JSON.stringify({ codes, told, sum: add(1, 2) }));
`;

it.each(
  PANIC_MODES.flatMap((panic) => [
    { panic, what: 'without the crates', dir: () => join(inject('transformed'), panic, 'web') },
    { panic, what: 'with the crates', dir: () => join(inject('transformed'), 'revive', panic, 'web') },
  ]),
)(`${nameOf('I1')} › panic=$panic › $what`, async ({ panic, dir }) => {
  const { stdout, stderr, ended } = await runSource(FROZEN, RUNNING_NODE, dir());
  expect(ended, stderr).toBeUndefined();
  const code = panic === 'unwind' ? 'REVIVE_PANIC' : 'REVIVE_ABORT';
  const message = 'the message of panic-message';
  expect(JSON.parse(stdout)).toEqual({
    codes: [code, code, 'REVIVE_ABORT', code],
    told: [message, 'index out of bounds: the len is 3 but the index is 7', 'out-of-bounds', message],
    sum: 3,
  });
});
