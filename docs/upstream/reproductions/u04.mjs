// U4: frames of the old instance that are still on the stack at the reset end the new instance.
import assert from 'node:assert/strict';
import { abortAndReset, outcome, rust, thrown } from './load.mjs';

thrown(() =>
  rust.call(() => {
    abortAndReset();
    rust.count(); // The new instance serves …
    throw new Error('… until this passes through the guard of `call`, which writes "terminated" into the memory of the new one.');
  }),
);
assert.equal(outcome(rust.count), 2);
