// U1: after a reset, `free()` of an object of the old instance frees memory of the new one.
import assert from 'node:assert/strict';
import { abortAndReset, rust } from './load.mjs';

const stale = new rust.Counter(1);
abortAndReset();
const second = new rust.Counter(2);
stale.free();
const third = new rust.Counter(3);
third.increment();
assert.deepEqual({ second: second.get(), third: third.get() }, { second: 2, third: 4 });
