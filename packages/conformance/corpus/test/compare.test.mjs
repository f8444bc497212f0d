import { expect, test } from 'vitest';
import { compareAnswers } from '../reference/compare.mjs';

/** What a probe says of a package like `add`. */
const plain = {
  exports: { add: { function: 'add', length: 2 }, Counter: { class: 'Counter', prototype: { free: 'method/0' } } },
  initKeys: ['memory', 'add'],
  esmNames: ['Counter', 'add'],
  calls: [
    { step: 'call add(1, 2)', result: '3' },
    { step: 'call later()', result: 'pending' },
  ],
  stray: [],
};
const ours = { ...plain, exports: { ...plain.exports, __revive: 'object' }, esmNames: [...plain.esmNames, '__revive'] };

test('a drop-in has no difference', () => {
  expect(compareAnswers(plain, ours, true)).toEqual([]);
  expect(compareAnswers(plain, plain, false)).toEqual([]);
});

test.each(
  /** @type {[string, object, string][]} */ ([
    ['load', { error: 'SyntaxError: no\n    at file:///x.js:1' }, 'SyntaxError: no at file:///x.js:1'],
    ['exports', { ...ours, exports: { add: plain.exports.add, __revive: 'object' } }, 'missing Counter'],
    ['exports', { ...ours, exports: { ...ours.exports, more: 'object' } }, 'unexpected more'],
    ['exports', { ...ours, exports: plain.exports }, 'missing __revive'],
    ['shape', { ...ours, exports: { ...ours.exports, add: { function: 'add', length: 0 } } }, 'add.length: 2 → 0'],
    [
      'shape',
      { ...ours, exports: { ...ours.exports, Counter: { class: 'Counter', prototype: {} } } },
      'Counter.prototype.free: "method/0" → absent',
    ],
    ['init', { ...ours, initKeys: ['add'] }, 'missing memory'],
    ['named imports', { ...ours, esmNames: ['add', '__revive'] }, 'missing Counter'],
    ['calls', { ...ours, calls: [{ step: 'call add(1, 2)', result: '4' }, ...plain.calls.slice(1)] }, 'call add(1, 2): 3 → 4'],
    ['calls', { ...ours, calls: plain.calls.slice(0, 1) }, 'call later(): pending → not reached'],
    ['calls', { ...ours, calls: [...plain.calls.slice(0, 1), { step: 'call later()', result: 'abort' }] }, 'call later(): pending → abort'],
    ['stray errors', { ...ours, stray: ['Error: nobody'] }, 'Error: nobody'],
  ]),
)('a difference is seen: %s, %#', (kind, changed, detail) => {
  expect(compareAnswers(plain, changed, true)).toEqual([{ kind, detail }]);
});

test('a promise that hangs upstream because its task threw into the event loop may be rejected', () => {
  const hanging = { ...plain, stray: ['ReferenceError: log is not defined'] };
  const rejected = { ...ours, calls: [...plain.calls.slice(0, 1), { step: 'call later()', result: 'abort' }] };
  expect(compareAnswers(hanging, rejected, true)).toEqual([]);
});

test('what comes after such a promise is compared', () => {
  const later = { step: 'call more()', result: '1' };
  const hanging = { ...plain, calls: [...plain.calls, later], stray: ['panic: no'] };
  const rejected = {
    ...ours,
    calls: [...plain.calls.slice(0, 1), { step: 'call later()', result: 'panic: no' }, { ...later, result: '2' }],
  };
  expect(compareAnswers(hanging, rejected, true)).toEqual([{ kind: 'calls', detail: 'call more(): 1 → 2' }]);
});

test("an error that reaches nobody may be upstream's own, as often as upstream has it", () => {
  expect(compareAnswers({ ...plain, stray: ['abort', 'abort'] }, { ...ours, stray: ['abort'] }, true)).toEqual([]);
  const difference = { kind: 'stray errors', detail: 'abort' };
  expect(compareAnswers({ ...plain, stray: ['abort', 'panic: no'] }, { ...ours, stray: ['abort', 'abort'] }, true)).toEqual([difference]);
});
