import { imported } from '../lib/load.mjs';

export const packages = /^@matrix-org\/matrix-sdk-crypto-wasm@1[48]\./;
export const folder = 'pkg';
/** @param {string} dir */
export const load = async (dir) => {
  const pkg = await imported('node.mjs')(dir);
  await pkg.initAsync();
  return pkg;
};
/** @param {any} matrix */
export const use = ({ UserId, RoomId }) => [new UserId('@alice:example.org').localpart, new RoomId('!room:example.org').toString()];
