// N2: with --force-enable-abort-handler, an exception of the program's own comes back as another error, under panic=abort.
import assert from 'node:assert/strict';
import { rust, thrown } from './load.mjs';

const own = new TypeError('thrown by JavaScript');
const error = thrown(() =>
  rust.call(() => {
    throw own;
  }),
);
assert.equal(error, own);
