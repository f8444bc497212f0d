// N5: debug information that wasm-bindgen keeps (`--keep-debug`) says of functions that they begin some bytes before or behind where they do.
// Arguments: the wasm file. Of what rustc writes, it is true.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { bodies, functionStarts, sections } from './dwarf.mjs';

const [wasm] = process.argv.slice(2);
const found = sections(readFileSync(wasm));
const begins = new Set(bodies(found.code).flatMap(({ withSize, body }) => [withSize, body]));
const starts = functionStarts(found);
assert.ok(starts.length > 10, 'there is debug information');
assert.deepEqual(
  { functions: starts.length, elsewhere: starts.filter((start) => !begins.has(start)).length },
  { functions: starts.length, elsewhere: 0 },
);
