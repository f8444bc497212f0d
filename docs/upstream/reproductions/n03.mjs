// N3: what a panic was raised with is lost where it is no text.
import assert from 'node:assert/strict';
import { rust, thrown } from './load.mjs';

const error = thrown(() => rust.panic_with_number());
assert.match(error.message, /lib\.rs:\d+/);
