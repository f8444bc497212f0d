import fs from 'node:fs';
import path from 'node:path';
import { imported } from '../lib/load.mjs';

export const packages = /^(?:@dqbd\/)?tiktoken@/;
export const folder = 'lite';
/** @param {string} dir */
export const load = async (dir) => {
  const { Tiktoken } = await imported('lite/tiktoken.js')(dir);
  return { Tiktoken, ranks: JSON.parse(fs.readFileSync(path.join(dir, 'encoders/cl100k_base.json'), 'utf8')) };
};
/** @param {any} pkg */
export const use = ({ Tiktoken, ranks }) => {
  const encoding = new Tiktoken(ranks.bpe_ranks, ranks.special_tokens, ranks.pat_str);
  const tokens = [...encoding.encode('hello world')];
  encoding.free();
  return tokens;
};
