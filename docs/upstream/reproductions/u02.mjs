// U2: after a reset, letting go of a closure of the old instance destroys the state of one of the new instance.
import assert from 'node:assert/strict';
import { abortAndReset, outcome, rust } from './load.mjs';

const stale = rust.adder();
stale(1);
abortAndReset();
const fresh = rust.adder();
fresh(2);
const letGo = outcome(() => stale._wbg_cb_unref());
assert.deepEqual({ letGo, total: outcome(() => fresh(1)) }, { letGo: undefined, total: 3 });
