import { required } from '../lib/load.mjs';

export const packages = /^jieba-wasm@/;
export const folder = 'pkg/nodejs';
export const load = required('pkg/nodejs/jieba_rs_wasm.js');
/** @param {any} jieba */
export const use = ({ cut }) => cut('中华人民共和国武汉市长江大桥', true);
