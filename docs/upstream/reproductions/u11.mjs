// U11: a JavaScript exception out of an import that isn't `catch` runs no destructors, and the instance stays in use: what was borrowed
// stays borrowed.
import assert from 'node:assert/strict';
import { outcome, rust, thrown } from './load.mjs';

thrown(() =>
  rust.call_while_borrowed(() => {
    throw new Error('thrown by JavaScript');
  }, []),
);
assert.equal(
  outcome(() => rust.call_while_borrowed(() => {}, [])),
  1,
);
