import { expect, test } from 'vitest';
import { planCalls } from '../reference/plan.mjs';

test('every way into a package is called', () => {
  const steps = planCalls(`
    export class Counter {
      free(): void;
      [Symbol.dispose](): void;
      constructor(start: number);
      static both(a: Counter, b?: string | null): Counter;
      add(by: bigint): Promise<number>;
      get value(): number;
      set value(value: number);
    }
    export enum Colour { Red = 0 }
    export namespace math { export function sum(list: Float64Array, colour: Colour): number; }
    export default function (callback: () => void): void;
    export function initSync(module: object): void;
  `);
  expect(steps).toEqual([
    { how: 'new', path: ['Counter'], name: 'Counter', args: [{ value: 7 }] },
    { how: 'call', path: ['Counter', 'both'], args: [{ instance: 'Counter' }, { value: 'grüße' }] },
    { how: 'call', path: ['Counter', 'both'], args: [{ instance: 'Counter' }, { undefined: true }] },
    { how: 'call', path: ['add'], on: 'Counter', args: [{ bigint: '7' }] },
    { how: 'get', path: ['value'], on: 'Counter', args: [] },
    { how: 'set', path: ['value'], on: 'Counter', args: [{ value: 7 }] },
    { how: 'call', path: ['math', 'sum'], args: [{ typed: 'Float64Array' }, { value: 0 }] },
    { how: 'call', path: ['default'], args: [{ callback: true }] },
  ]);
});
