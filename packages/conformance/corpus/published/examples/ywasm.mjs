import { required } from '../lib/load.mjs';

export const packages = /^ywasm@/;
export const folder = '.';
export const load = required('ywasm.js');
/** @param {any} y */
export const use = ({ YDoc }) => {
  const doc = new YDoc({ id: 1 });
  const text = doc.getText('name');
  text.insert(0, 'hello', null);
  text.push(' world', null, undefined);
  return text.toString();
};
