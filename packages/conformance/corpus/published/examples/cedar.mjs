import { required } from '../lib/load.mjs';

export const packages = /^@cedar-policy\/cedar-wasm@/;
export const folder = 'nodejs';
export const load = required('nodejs/cedar_wasm.js');
/** @param {any} cedar */
export const use = (cedar) => [
  cedar.getCedarVersion(),
  cedar.formatPolicies({ policyText: 'permit(principal,action,resource);', lineWidth: 80, indentWidth: 2 }),
];
/** @param {any} cedar */
export const crash = (cedar) => {
  const nested = `${'('.repeat(100_000)}true${')'.repeat(100_000)}`;
  return cedar.formatPolicies({ policyText: `permit(principal,action,resource) when { ${nested} };`, lineWidth: 80, indentWidth: 2 });
};
