import { describe, expect, it } from 'vitest';
import { ABI_VERSION, BLACK_BOX_EXPORT, BLACK_BOX_MAGIC, BlackBoxOffset, readBlackBox } from '../src/index.js';

const ADDRESS = 1024;

/** The exports of an instance that has a black box, with a panic in it. */
function exportsWith(words: Partial<Record<'magic' | 'abi', number>>, address = ADDRESS): WebAssembly.Exports {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = new DataView(memory.buffer, ADDRESS);
  const text = new TextEncoder().encode('boom');
  const set = (offset: number, value: number): void => view.setUint32(offset, value, true);
  set(BlackBoxOffset.magic, words.magic ?? BLACK_BOX_MAGIC);
  set(BlackBoxOffset.abi, words.abi ?? ABI_VERSION);
  set(BlackBoxOffset.panicCount, 1);
  set(BlackBoxOffset.panicMessageLength, text.length);
  new Uint8Array(memory.buffer, ADDRESS + BlackBoxOffset.panicMessage).set(text);
  return { memory, [BLACK_BOX_EXPORT]: new WebAssembly.Global({ value: 'i32' }, address) };
}

describe('readBlackBox', () => {
  it('reads what the crate has written', () => {
    expect(readBlackBox(exportsWith({}))?.panic?.message).toBe('boom');
  });

  it('I9: reads nothing that is of another ABI, or no black box, or not in memory', () => {
    expect(readBlackBox(exportsWith({ abi: ABI_VERSION + 1 }))).toBeUndefined();
    expect(readBlackBox(exportsWith({ magic: 7 }))).toBeUndefined();
    expect(readBlackBox(exportsWith({}, 0x1_0000 - 8))).toBeUndefined();
    expect(readBlackBox({ memory: new WebAssembly.Memory({ initial: 1 }) })).toBeUndefined();
  });
});
