import { required } from '../lib/load.mjs';

export const packages = /^@emurgo\/cardano-serialization-lib-nodejs@/;
export const folder = '.';
export const load = required('cardano_serialization_lib.js');
/** @param {any} cardano */
export const use = ({ BigNum, Bip32PrivateKey }) => {
  const key = Bip32PrivateKey.from_bip39_entropy(Buffer.from('00'.repeat(32), 'hex'), Buffer.from(''));
  return [BigNum.from_str('1').checked_add(BigNum.from_str('2')).to_str(), key.to_bech32()];
};
/** @param {any} cardano */
export const crash = ({ PlutusData }) => PlutusData.from_hex('81'.repeat(200_000));
