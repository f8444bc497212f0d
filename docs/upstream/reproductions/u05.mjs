// U5: an abort costs all state of the module.
import assert from 'node:assert/strict';
import { abortAndReset, outcome, rust } from './load.mjs';

const counter = new rust.Counter(7);
rust.count();
abortAndReset();
assert.deepEqual({ static: rust.count(), object: outcome(() => counter.get()) }, { static: 2, object: 7 });
