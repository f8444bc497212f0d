// U3: the promise of an asynchronous export never settles once its instance is lost, and what would have settled it throws
// outside of any caller. Without the listener below, that ends the process.
import assert from 'node:assert/strict';
import { abortAndReset, rust } from './load.mjs';

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));

let open;
const gate = new Promise((resolve) => {
  open = resolve;
});
let state = 'pending';
rust.wait_for(gate).then(
  () => {
    state = 'resolved';
  },
  () => {
    state = 'rejected';
  },
);
const turnOfTheEventLoop = () => new Promise((resolve) => setImmediate(resolve));
await turnOfTheEventLoop();
abortAndReset();
open();
for (let turn = 0; turn < 10; turn++) await turnOfTheEventLoop();
process.removeAllListeners('uncaughtException');
assert.deepEqual({ state, uncaught }, { state: 'rejected', uncaught: [] });
