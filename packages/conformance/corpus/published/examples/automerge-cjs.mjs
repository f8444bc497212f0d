import { required } from '../lib/load.mjs';

export const packages = /^@automerge\/automerge-wasm@0\.17\./;
export const folder = 'nodejs';
export const load = required('nodejs/automerge_wasm.cjs');
/** @param {any} automerge */
export const use = ({ create }) => {
  const doc = create({ actor: 'aabbcc' });
  doc.put('/', 'hello', 'world');
  return doc.materialize('/');
};
