import { leb, readLeb } from './leb.mjs';

/** The section in which a module says what features of Wasm its code may use; tool conventions, "Target Features". */
const SECTION = 'target_features';

/**
 * A module that doesn't say that it may use some features of Wasm, so that wasm-bindgen writes the glue which it writes for builds without
 * them: without `multivalue`, results go through Rust's stack; without `reference-types`, JavaScript's values wait in an array of the glue.
 * The code stays what it is.
 *
 * @param {Uint8Array} module
 * @param {readonly string[]} features
 * @returns {Uint8Array}
 * @throws when it doesn't say that it uses them
 */
export function withoutTargetFeatures(module, features) {
  const kept = [module.subarray(0, 8)];
  const left = new Set(features);
  for (let at = 8; at < module.length; ) {
    const start = at;
    const id = module[at];
    const [size, contents] = readLeb(module, at + 1);
    at = contents + size;
    const [name, list] = id === 0 ? readText(module, contents) : ['', 0];
    kept.push(name === SECTION ? section(withoutEntries(module, list, left)) : module.subarray(start, at));
  }
  if (left.size > 0) throw new Error(`The module does not say that it uses ${[...left].join(' and ')}, so that can't be taken away.`);
  return Buffer.concat(kept);
}

/** The list of features without some, which are taken out of `left`. Each is a prefix, `+` or `-`, and a name. */
function withoutEntries(module, list, left) {
  let [count, at] = readLeb(module, list);
  const entries = [];
  for (; count > 0; count--) {
    const start = at;
    const [name, end] = readText(module, at + 1);
    at = end;
    if (!left.delete(name)) entries.push(module.subarray(start, end));
  }
  return Buffer.concat([Buffer.from(leb(entries.length)), ...entries]);
}

function section(contents) {
  const name = Buffer.from(SECTION);
  const body = Buffer.concat([Buffer.from(leb(name.length)), name, contents]);
  return Buffer.concat([Buffer.from([0, ...leb(body.length)]), body]);
}

/** @returns {[text: string, end: number]} */
function readText(bytes, at) {
  const [length, start] = readLeb(bytes, at);
  return [Buffer.from(bytes.subarray(start, start + length)).toString(), start + length];
}
