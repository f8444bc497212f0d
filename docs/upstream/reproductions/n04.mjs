// N4: LLVM 22 crashes over a function that catches twice, in the exnref encoding. Arguments: cargo, and its arguments.
// By hand: the command at the top of crates/upstream-reproductions/src/two_catches.rs.
import assert from 'node:assert/strict';
import { compile } from './cargo.mjs';

const { stderr, status } = compile();
assert.equal(status, 0, stderr);
