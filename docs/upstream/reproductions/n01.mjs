// N1: under panic=unwind, a panic in a destructor that `free()` runs is taken for an abort, and ends the module.
import assert from 'node:assert/strict';
import { outcome, rust, thrown } from './load.mjs';

const error = thrown(() => new rust.PanicsWhenDropped().free());
assert.deepEqual({ error: error.name, next: outcome(rust.count) }, { error: 'PanicError', next: 1 });
