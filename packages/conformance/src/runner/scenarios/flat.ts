/** What is left behind by many recoveries. */
import type { Ground } from '../row.ts';
import { deferred, Watched } from '../runtime.ts';
import { collect, type Scenario, thrownBy } from './scenario.ts';

const RECOVERIES = 200;

/** How often that is measured, until nothing more stays behind (measured on Node.js 26: a kilobyte a recovery for the first nine hundred). */
const WINDOWS = 5;

const PANICS = 100_000;

/** Outlives all generations. */
const TARGET = new EventTarget();

interface Cycle {
  readonly name: string;
  /** Fails once; what it returns is kept for good, as a program keeps old handles and listeners. */
  fail(ground: Ground): unknown;
}

const CYCLES: readonly Cycle[] = [
  { name: 'abort in a function', fail: ({ ns }) => void thrownBy(() => ns.fail('abort')) },
  { name: 'panic in a function', fail: ({ ns }) => void thrownBy(() => ns.fail('panic-index')) },
  { name: 'out of memory', fail: ({ ns }) => void thrownBy(() => ns.fail('oom')) },
  { name: 'stack overflow in a nested callback', fail: ({ ns }) => void thrownBy(() => ns.nested(() => ns.fail('stack-overflow'))) },
  {
    name: 'abort with calls in flight',
    fail({ ns }) {
      const gate = deferred<void>();
      const calls = [new Watched(ns.wait_for(gate.promise)), new Watched(ns.promise_of(gate.promise))];
      thrownBy(() => ns.fail('abort'));
      gate.resolve();
      return calls;
    },
  },
  {
    name: 'abort, a handle and a closure of each generation kept',
    fail({ ns }) {
      const kept = [new ns.Counter(1), ns.length_adder(), new ns.Ticker(1).tick];
      thrownBy(() => ns.fail('abort'));
      return kept;
    },
  },
  {
    name: 'abort after a caught panic, with a promise in flight',
    fail({ ns }) {
      const pending = new Watched(ns.owe('new'));
      thrownBy(() => ns.fail('panic-message'));
      thrownBy(() => ns.fail('abort'));
      return pending.state === 'pending' ? undefined : pending;
    },
  },
  {
    name: 'nested abort after a caught panic, what JavaScript had of each generation kept',
    fail({ ns }) {
      const errors = Error as { stackTraceLimit?: number };
      const { stackTraceLimit } = errors;
      // Deep enough that an error made within the nested call has frames of Wasm on its stack.
      if (stackTraceLimit !== undefined) errors.stackTraceLimit = 100;
      const kept: unknown[] = [ns.owe('new'), new ns.Counter(1), ns.length_adder()];
      ns.hand_over((resolve) => kept.push(resolve));
      kept.push(ns.owe('new'));
      thrownBy(() => ns.fail('panic-message'));
      thrownBy(() => ns.fail('js-exception'));
      thrownBy(() => ns.nested(() => ns.fail('abort')));
      if (stackTraceLimit !== undefined) errors.stackTraceLimit = stackTraceLimit;
      return kept;
    },
  },
  {
    name: 'abort with listeners and timers set',
    fail({ ns }) {
      ns.register_everywhere(TARGET, 1_000);
      thrownBy(() => ns.fail('abort'));
    },
  },
  { name: 'JavaScript exception through Rust frames', fail: ({ ns }) => void thrownBy(() => ns.fail('js-exception')) },
];

/** The memory tests: many recoveries of one kind each. */
export const FLAT: readonly Scenario[] = [
  ...CYCLES.map(
    ({ name, fail }): Scenario => ({
      id: `${RECOVERIES} recoveries: ${name}`,
      invariants: ['I6'],
      needs: ['gc'],
      async run(ground, checks) {
        const { ns, probe } = ground;
        const kept: unknown[] = [];
        const cycle = async (times: number): Promise<void> => {
          for (let n = 0; n < times; n++) {
            kept.push(fail(ground));
            await ground.runtime.turn();
          }
        };
        await cycle(5);
        await collect(ground);
        const { inFlight } = ns.__revive.stats;
        let each = Number.POSITIVE_INFINITY;
        // What is left behind is left behind each time. V8's own code for what has run so often is made once, at some time or other.
        for (let window = 0; window < WINDOWS && each >= allowedOf(kept); window++) {
          const heap = heapBytes();
          await cycle(RECOVERIES);
          await collect(ground);
          each = (heapBytes() - heap) / RECOVERIES;
        }
        // The one that serves, the one in reserve, and one that a finished frame may still name.
        checks.that('I6', 'memories alive', () => probe.liveMemories() <= 3 || `${probe.liveMemories()} after ${RECOVERIES} recoveries`);
        checks.equal('I6', 'calls in flight', () => ns.__revive.stats.inFlight, inFlight);
        checks.equal('I6', 'the next call is served', () => ns.add(1, 2), 3);
        checks.that('I6', 'heap', () => each < allowedOf(kept) || `${Math.round(each)} bytes a recovery stay behind`);
        kept.length = 0;
      },
    }),
  ),
  {
    // A stack pointer that was off by one slot a panic would have used up Rust's stack, of a mebibyte, long before the end.
    id: `${PANICS.toLocaleString('en')} panics, each caught`,
    invariants: ['I6', 'I7'],
    needs: ['gc', 'unwind'],
    async run(ground, checks) {
      const { ns } = ground;
      const { generation } = ns.__revive;
      const kinds = ['panic-message', 'panic-index', 'panic-refcell', 'panic-any'];
      const faller = new ns.Faller('none');
      const panicTimes = (times: number): void => {
        for (let n = 0; n < times; n++) {
          const kind = kinds[n % kinds.length] ?? '';
          thrownBy(() => (n % 2 === 0 ? ns.fail(kind) : faller.fail_mut(kind)));
        }
      };
      panicTimes(1_000);
      await collect(ground);
      const [heap, pages] = [heapBytes(), ns.memory_pages()];
      panicTimes(PANICS);
      await collect(ground);
      checks.equal('I6', 'pages of linear memory', () => ns.memory_pages(), pages);
      const each = (heapBytes() - heap) / PANICS;
      checks.that('I6', 'heap', () => each < 10 || `${Math.round(each)} bytes a panic stay behind`);
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      checks.equal('I7', 'and serves', () => ns.add(1, 2), 3);
    },
  },
];

/** Bytes that may stay behind: a kept handle keeps its glue scope, which is some hundred functions; nothing kept, nothing stays. */
function allowedOf(kept: readonly unknown[]): number {
  return kept[0] === undefined ? 2_000 : 200_000;
}

/** Bytes of JavaScript's heap in use; 0 where the runtime does not say. */
function heapBytes(): number {
  const { process } = globalThis as { process?: { memoryUsage?: () => { heapUsed: number } } };
  return process?.memoryUsage?.().heapUsed ?? 0;
}
