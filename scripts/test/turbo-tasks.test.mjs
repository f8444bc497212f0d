import { expect, test } from 'vitest';
import { taskOutcomes } from '../lib/turbo-tasks.mjs';
import { checkout } from './checkout.mjs';

const folder = checkout({
  'packages/kernel/package.json': { name: '@wasm-revive/kernel', scripts: { lint: 'biome', test: 'vitest' } },
  'packages/demo/package.json': { name: '@wasm-revive/demo', scripts: { lint: 'biome' } },
});
const ran = (taskId, exitCode, status = 'MISS') => ({ taskId, execution: { exitCode }, cache: { status } });
const short = (outcomes) => outcomes.map(({ taskId, status }) => `${taskId} ${status}`);

test('each package that has the script, and the root for what none has', () => {
  const summary = {
    tasks: [
      ran('@wasm-revive/kernel#lint', 1),
      ran('@wasm-revive/demo#lint', 0, 'HIT'),
      ran('@wasm-revive/kernel#test', 0),
      ran('//#rust:fmt', 0),
    ],
  };
  const outcomes = taskOutcomes(folder, ['lint', 'test', 'rust:fmt'], summary);
  expect(short(outcomes)).toEqual([
    '@wasm-revive/demo#lint ok',
    '@wasm-revive/kernel#lint failed',
    '@wasm-revive/kernel#test ok',
    '//#rust:fmt ok',
  ]);
  expect(outcomes.map(({ cached }) => cached)).toEqual([true, false, false, false]);
});

test('what the summary leaves out did not run', () => {
  const waiting = { taskId: '@wasm-revive/demo#lint', cache: { status: 'MISS' } };
  expect(short(taskOutcomes(folder, ['lint'], { tasks: [waiting] }))).toEqual([
    '@wasm-revive/demo#lint not run',
    '@wasm-revive/kernel#lint not run',
  ]);
  expect(short(taskOutcomes(folder, ['test', 'misspelt'], undefined))).toEqual(['@wasm-revive/kernel#test not run', '//#misspelt not run']);
});
