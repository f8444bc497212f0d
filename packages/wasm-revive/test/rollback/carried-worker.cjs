// Run as a process of its own: begins with a state that another one has saved, and says what Rust holds and does there.
const { readFileSync } = require('node:fs');
const { isDeepStrictEqual } = require('node:util');

const [, , entry, file] = process.argv;
const module_ = require(entry);
const { __revive, held } = module_;

async function answers() {
  __revive.restore(new Uint8Array(readFileSync(file)));
  const adder = module_.held_adder();
  const [data, resolved] = [held('data'), held('resolved')];
  const same = [adder === held('adder'), data.own === data, data.list === held('list')];
  const expected = {
    list: [1, undefined, -0, 'ä', 10n ** 20n],
    map: new Map([['key', new Set([new Date(5), /x/gi])]]),
    bytes: new Uint8Array([1, 2, 3]),
  };
  const known = [globalThis, console, Array.prototype.push, Symbol.iterator, Symbol.for('of everybody')];
  const later = module_.remember_later('later', 'remembered');
  const waited = await module_.wait_for(Promise.resolve('waited for'));
  const saved = __revive.checkpoint();
  __revive.restore(saved);
  const again = module_.held_adder();
  return {
    same,
    adder: [again(3), module_.held_adder() === again],
    data: isDeepStrictEqual({ ...data, own: undefined }, { ...expected, own: undefined }),
    known: known.every((value, nth) => held('known')[nth] === value),
    futures: [later, waited, module_.recall('later'), await module_.ready(1)],
    resolved: await resolved,
  };
}

answers().then((all) => process.stdout.write(JSON.stringify(all)));
