// U9: the caller of a Rust that panics gets nothing to act on: no words of Rust's, no place, no code.
import assert from 'node:assert/strict';
import { rust, thrown } from './load.mjs';

const error = thrown(() => rust.element(7));
assert.match(`${error.message} ${error.code}`, /index out of bounds.*lib\.rs:\d+.* \w+$/);
