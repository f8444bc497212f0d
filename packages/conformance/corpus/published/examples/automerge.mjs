import { required } from '../lib/load.mjs';

export const packages = /^@automerge\/automerge-wasm@0\.1\./;
export const folder = 'nodejs';
export const load = required('nodejs/automerge_wasm.js');
/** @param {any} automerge */
export const use = ({ create }) => {
  const doc = create(true, 'aabbcc');
  doc.put('/', 'hello', 'world');
  return doc.materialize('/');
};
