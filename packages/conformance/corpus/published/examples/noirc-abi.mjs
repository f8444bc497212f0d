import { required } from '../lib/load.mjs';

export const packages = /^@(?:noir-lang\/noirc_abi|aztec\/noir-noirc_abi)@/;
export const folder = 'nodejs';
export const load = required('nodejs/noirc_abi_wasm.js');
const ABI = { parameters: [{ name: 'x', type: { kind: 'field' }, visibility: 'private' }], return_type: null, error_types: {} };
/** @param {any} noir */
export const use = ({ abiEncode, abiDecode }) => {
  const witness = abiEncode(ABI, { x: '0x01' }, null);
  return [[...witness], abiDecode(ABI, witness)];
};
