import { required } from '../lib/load.mjs';

export const packages = /^@astral-sh\/ruff-wasm-nodejs@/;
export const folder = '.';
export const load = required('ruff_wasm.js');
/** @param {any} ruff */
export const use = ({ Workspace, PositionEncoding }) => {
  const workspace = new Workspace({ 'line-length': 88, lint: { select: ['E', 'F'] } }, PositionEncoding?.Utf16);
  return [workspace.check('import os'), workspace.format('x   =  1')];
};
