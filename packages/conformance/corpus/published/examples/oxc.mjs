import { required } from '../lib/load.mjs';

export const packages = /^@oxc-parser\/wasm@/;
export const folder = 'node';
export const load = required('node/oxc_parser_wasm.js');
/** @param {any} oxc */
export const use = ({ parseSync }) => {
  const result = parseSync('let answer = 42;', { sourceFilename: 'test.js' });
  return [result.errors.length, JSON.stringify(result.program)];
};
/** @param {any} oxc */
export const crash = ({ parseSync }) => parseSync('('.repeat(500_000), { sourceFilename: 'test.js' });
