import { imported } from '../lib/load.mjs';

export const packages = /^@nlptools\/distance-wasm@/;
export const folder = '.';
export const load = imported('distance_wasm.js');
/** @param {any} distance */
export const use = ({ levenshtein, jaro }) => [levenshtein('kitten', 'sitting'), jaro('kitten', 'sitting')];
