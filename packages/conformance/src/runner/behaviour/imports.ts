/** JavaScript that Rust calls. */
import type { Use } from './behaviour.ts';

const thrown = { thrown: 'by the host' };

/** What the fixtures expect as `globalThis.host`. */
export function installHost(): void {
  const notes: string[] = [];
  Object.assign(globalThis, {
    host: {
      name: 'the host',
      notes,
      tick(this: unknown, x: number) {
        return x + 1 + ((this as { name?: string } | undefined)?.name === 'the host' ? 100 : 0);
      },
      note: (text: string) => notes.push(text),
      mayThrow(value: unknown) {
        if (value === 'throw') throw thrown;
        return value;
      },
    },
  });
}

function host(): { name: unknown; notes: string[] } {
  return (globalThis as unknown as { host: { name: unknown; notes: string[] } }).host;
}

export const IMPORTS: Readonly<Record<string, Use>> = {
  'a function of a global object': (ns) => ns.call_tick(1),
  'a string to JavaScript': (ns) => {
    ns.call_note('añ😀');
    return host().notes;
  },
  'a catch import that returns': (ns) => ns.call_may_throw('value'),
  'a catch import that throws': (ns) => {
    try {
      return ns.call_may_throw('throw');
    } catch (error) {
      return error === thrown;
    }
  },
  'a static of JavaScript': (ns) => {
    const first = ns.host_name();
    host().name = 'another';
    const second = ns.host_name();
    host().name = 'the host';
    return [first, second];
  },
  'a string that JavaScript makes once': (ns) => [ns.greeting(), ns.greeting()],
  'a function of Math': (ns) => ns.hypot(3, 4),
  inline_js: (ns) => ns.call_inline(1.5),
  'a local snippet': (ns) => {
    const first = ns.call_snippet();
    return ns.call_snippet() - first;
  },
  'a class of JavaScript': (ns) => ns.tally(new Float64Array([1, 2, 3.5])),
  'a closure lent to JavaScript': (ns) => ns.lend_closure('four'),
  'a closure lent to JavaScript that changes something': (ns) => ns.lend_closure_mut(5),
  'JavaScript inside of Rust inside of JavaScript': (ns) => [
    ns.nested(() => ns.echo('inner')),
    ns.nested_catching(() => ns.add(1, 2)),
    ns.nested_deep(() => 'bottom', 5),
  ],
  'JavaScript that throws into a catch import': (ns) =>
    ns.nested_catching(() => {
      throw thrown;
    }) === thrown,
  'JavaScript that throws through Rust': (ns) => {
    try {
      return ns.nested(() => {
        throw thrown;
      });
    } catch (error) {
      return error === thrown;
    }
  },
};
