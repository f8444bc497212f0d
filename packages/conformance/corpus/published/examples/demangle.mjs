import { imported } from '../lib/load.mjs';

export const packages = /^gecko-profiler-demangle@/;
export const folder = '.';
export const load = imported('index.js');
/** @param {any} demangler */
export const use = ({ demangle_any }) => demangle_any('_ZNK3foo3barEv');
