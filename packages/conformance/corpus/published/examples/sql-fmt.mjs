import { imported } from '../lib/load.mjs';

export const packages = /^@wasm-fmt\/sql_fmt@/;
export const folder = '.';
export const load = imported('sql_fmt_node.js');
/** @param {any} formatter */
export const use = ({ format }) => format('SELECT * FROM users WHERE id = 1;');
