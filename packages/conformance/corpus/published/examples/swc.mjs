import { required } from '../lib/load.mjs';

export const packages = /^@swc\/wasm@/;
export const folder = '.';
export const load = required('wasm.js');
/** @param {any} swc */
export const use = (swc) => swc.transformSync('const x: number = 1', { jsc: { parser: { syntax: 'typescript' } } }).code;
/** @param {any} swc */
export const crash = (swc) => swc.parseSync('('.repeat(300_000), { syntax: 'ecmascript' });
