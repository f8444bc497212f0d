import { required } from '../lib/load.mjs';

export const packages = /^@kreuzberg\/html-to-markdown-wasm@/;
export const folder = 'pkg/nodejs';
export const load = required('pkg/nodejs/html_to_markdown_wasm.js');
/** @param {any} converter */
export const use = ({ convert }) => convert('<h1>Hello</h1><p>World</p>').content;
