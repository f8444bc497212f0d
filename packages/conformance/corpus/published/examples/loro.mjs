import { required } from '../lib/load.mjs';

export const packages = /^loro-(?:wasm|crdt)@/;
export const folder = 'nodejs';
export const load = required('nodejs/loro_wasm.js');
/** @param {any} loro */
export const use = (loro) => {
  const doc = new (loro.LoroDoc ?? loro.Loro)();
  const list = doc.getList('list');
  for (const letter of ['A', 'B', 'C']) list.insert(list.length, letter);
  doc.getText('text').insert(0, 'Hello');
  return (doc.toJSON ?? doc.toJson).call(doc);
};
