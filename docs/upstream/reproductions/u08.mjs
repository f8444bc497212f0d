// U8: after an abort, the next caller waits while an instance is made.
import assert from 'node:assert/strict';
import { rust, thrown } from './load.mjs';

rust.reinit_after_abort();
thrown(() => rust.abort());
await new Promise((resolve) => setImmediate(resolve));

const { Instance } = WebAssembly;
let made = 0;
WebAssembly.Instance = class extends Instance {
  constructor(...args) {
    super(...args);
    made++;
  }
};
rust.count();
assert.equal(made, 0, `${made} instance was made within the call after the abort`);
