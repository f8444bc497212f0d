import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, runPlan } from './calls.mjs';
import { stubGlobals } from './globals.mjs';
import { load } from './load.mjs';
import { shape } from './shape.mjs';

/**
 * Loads one package in a process of its own and tells what it is like: `node main.mjs <question file> <answer file>`.
 *
 * @typedef {object} Question
 * @property {string} dir
 * @property {string} main the file to load
 * @property {string} wasm the wasm file's name
 * @property {boolean} bare whether the web target is given its bytes as they are, which glue of every age takes
 * @property {boolean} anyGlobal whether every global that doesn't exist is stubbed, too
 * @property {string} target
 * @property {'sync' | 'async'} init
 * @property {Record<string, string[]>} stubs
 * @property {boolean} native
 * @property {import('../plan.mjs').Step[]} plan
 *
 * @typedef {object} Answer
 * @property {string} [error] why it does not load
 * @property {Record<string, unknown>} [exports] the shape of each export
 * @property {string[]} [initKeys]
 * @property {string[]} [esmNames]
 * @property {import('./calls.mjs').Called[]} [calls]
 * @property {string[]} [stray] errors that reached nobody, as a failing call would read
 */

const [questionFile = '', answerFile = ''] = process.argv.slice(2);
/** @type {string[]} */
const stray = [];
for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, (error) => stray.push(failure(error)));

// Both sides have to meet the same luck.
Math.random = () => 0.75;
/** @type {Question} */
const question = JSON.parse(fs.readFileSync(questionFile, 'utf8'));
if (question.anyGlobal) stubGlobals();

answer(await ask(question));

/** @param {Question} question @returns {Promise<Answer>} */
async function ask(question) {
  try {
    const { exports, ...rest } = await load(question);
    // Through the property, so that an accessor or a re-export that throws shows here.
    const shapes = Object.fromEntries(
      Object.keys(exports)
        .sort()
        .map((name) => [name, shape(exports[name])]),
    );
    const calls = await runPlan(exports, question.plan);
    // What the last calls left to the event loop.
    await sleep(20);
    return { exports: shapes, ...rest, calls, stray };
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error) };
  }
}

/** @param {Answer} given */
function answer(given) {
  fs.writeFileSync(answerFile, JSON.stringify(given));
  // A package may keep timers or a promise alive.
  process.exit(0);
}
