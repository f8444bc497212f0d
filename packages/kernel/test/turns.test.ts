import { describe, expect, it, vi } from 'vitest';
import { Turns } from '../src/instance/turns.js';

function hear() {
  const heard: string[] = [];
  const turns = new Turns({ entered: (name) => void heard.push(name), returns: () => {}, ended: () => void heard.push('+') });
  /** What the guard of an export does. */
  const enter = (run: () => void = () => {}): void => {
    turns.entered('an export');
    run();
    turns.left();
  };
  return { heard, turns, enter };
}

describe('a turn', () => {
  it('I7: is one call, however often it enters', () => {
    const { heard, turns, enter } = hear();
    turns.call('render', () => {
      enter();
      enter();
    })();
    expect(heard).toEqual(['render', '+']);
  });

  it('I7: is none where nothing is entered', () => {
    const { heard, turns } = hear();
    turns.call('render', () => {})();
    expect(heard).toEqual([]);
  });

  it('I7: is over when the call throws', () => {
    const { heard, turns, enter } = hear();
    const call = turns.call('render', () => {
      enter();
      throw new Error('on purpose');
    });
    expect(call).toThrow('on purpose');
    enter();
    expect(heard).toEqual(['render', '+', 'an export', '+']);
  });

  it('I7: takes in the calls that JavaScript makes meanwhile', () => {
    const { heard, turns } = hear();
    // Guards tell only of entries into an idle instance.
    const inner = turns.call('inner', () => {});
    turns.entered('an export');
    inner();
    expect(heard).toEqual(['an export']);
    turns.left();
    expect(heard).toEqual(['an export', '+']);
  });

  it('is called with what the function is called with, and gives what it gives', () => {
    const { turns } = hear();
    const run = vi.fn(function (this: unknown, a: number) {
      return [this, a];
    });
    const self = {};
    expect(turns.call('f', run).call(self, 1)).toEqual([self, 1]);
  });

  it('of a closure keeps what the glue has put on it', () => {
    const { turns } = hear();
    const unref = (): void => {};
    const closure = Object.assign(() => 1, { _wbg_cb_unref: unref });
    expect(turns.closure(closure)._wbg_cb_unref).toBe(unref);
  });
});
