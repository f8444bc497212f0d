// U12: an abort that a nested call runs into comes to the Rust further out as an `Err`, and that runs on in an instance which can't be trusted.
import assert from 'node:assert/strict';
import { rust, thrown } from './load.mjs';

thrown(() => rust.call_catching(() => rust.abort()));
assert.equal(globalThis.ranOn, undefined);
