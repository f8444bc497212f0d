import fs from 'node:fs';
import path from 'node:path';
import { required } from '../lib/load.mjs';

export const packages = /^@(?:rometools\/wasm-nodejs|biomejs\/wasm-nodejs)@/;
export const folder = '.';
/** @param {string} dir */
export const load = (dir) => {
  const file = fs.existsSync(path.join(dir, 'rome_wasm.js')) ? 'rome_wasm.js' : 'biome_wasm.js';
  return required(file)(dir);
};
/** @param {any} biome */
export const use = ({ Workspace }) => {
  const workspace = new Workspace();
  workspace.free();
  return typeof workspace;
};
