// U10: an `async fn(&mut self)`, and a closure that shares its state, don't compile under panic=unwind.
// Arguments: cargo, and its arguments. By hand: RUSTFLAGS=-Cpanic=unwind cargo check --features unwind-safe --target wasm32-unknown-unknown
import assert from 'node:assert/strict';
import { compile } from './cargo.mjs';

const { errors, stderr, status } = compile();
if (status !== 0 && errors.length === 0) throw new Error(stderr);
assert.deepEqual(errors, []);
