/** Errors that are no failures, by every way on which they can meet Rust: each passes as it is. */
import { codeOf } from '../checks.ts';
import type { Fixtures } from '../fixtures.ts';
import type { Ground } from '../row.ts';
import { until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

/** By what they are, how to get one; undefined where this runtime has none. */
export const ORDINARY: Readonly<Record<string, (ground: Ground) => unknown>> = {
  'an Error': () => new Error('ordinary'),
  'an error of a class of the program': () => new (class QuotaError extends Error {})('too much'),
  'an error with a cause': () => new Error('outer', { cause: new Error('inner') }),
  'an AggregateError': () => new AggregateError([new Error('a'), new Error('b')], 'two'),
  'a TypeError of the engine': () => thrownBy(() => (undefined as unknown as { f(): void }).f()),
  'a SyntaxError of JSON': () => thrownBy(() => JSON.parse('{')),
  'a URIError': () => thrownBy(() => decodeURIComponent('%')),
  "a RangeError of the program's": () => new RangeError('a page from 1 to 9'),
  'a RangeError of the engine': () => thrownBy(() => new Array(-1)),
  "a trap that is none: a RuntimeError of the program's": () => new WebAssembly.RuntimeError('unreachable'),
  'a CompileError': () => new WebAssembly.CompileError('at byte 0'),
  'a LinkError': () => new WebAssembly.LinkError('import #0'),
  "another module's trap": (ground) => thrownBy(() => trapOfAnother(ground)),
  "another module's report of a trap": (ground) => failureOfAnother(ground),
  'a Wasm exception of somebody else': () => foreignException(),
  'an AbortError': () => aborted().reason,
  'a TimeoutError': () => new DOMException('too late', 'TimeoutError'),
  'an error that calls itself a PanicError': () => Object.assign(new Error('not Rust'), { name: 'PanicError' }),
  'an error that calls itself a RuntimeError': () => Object.assign(new Error('unreachable'), { name: 'RuntimeError' }),
  'an object with a code of ours': () => ({ code: 'REVIVE_ABORT', message: 'not ours' }),
  'an error whose message can not be read': () => withGetter('message'),
  'an error whose stack can not be read': () => withGetter('stack'),
  'an error whose name can not be read': () => withGetter('name'),
  'an error with a stack that is no text': () => Object.assign(new Error('odd'), { stack: { lines: 3 } }),
  'a frozen error': () => Object.freeze(new Error('frozen')),
  'an object without a prototype': () => Object.create(null) as unknown,
  'a proxy that lets nothing be read': () => new Proxy({}, REFUSES),
  'a function': () => () => {},
  'an array': () => ['an', 'array'],
  'a rejected promise': () => handled(Promise.reject(new Error('in a promise'))),
  'a string': () => 'unreachable',
  'an empty string': () => '',
  'a number': () => 0,
  NaN: () => Number.NaN,
  'a bigint': () => 4n,
  true: () => true,
  null: () => null,
  undefined: () => undefined,
  'a symbol': () => Symbol('mine'),
};

const CAUGHT = 'caught by Rust, and returned';
const PASSED_ON = 'thrown by a catch import, passed on as Err';
const BY_CATCH: readonly string[] = [CAUGHT, PASSED_ON];

/** The ways, each giving what it made of the error; in an object, for it may be a promise. */
const WAYS: Readonly<Record<string, (ns: Fixtures, error: unknown) => Passed | Promise<Passed>>> = {
  'returned by Rust as Err': (ns, error) => ({ passed: thrownBy(() => ns.throw_value(error)) }),
  [CAUGHT]: (ns, error) => ({ passed: ns.catch_from(throwing(error)) }),
  [PASSED_ON]: (ns, error) => ({ passed: thrownBy(() => throughImport(ns, error)) }),
  'rejected, awaited by Rust': (ns, error) => rejection(ns.wait_for(handled(Promise.reject(error)))),
  'rejected, passed on by Rust': (ns, error) => rejection(ns.promise_of(handled(Promise.reject(error)))),
};

interface Passed {
  readonly passed: unknown;
}

/** What glue and Rust make themselves: a message each. */
const MADE: Readonly<Record<string, (ns: Fixtures) => readonly [says: RegExp, run: () => unknown]>> = {
  'Err of a JsError': (ns) => [/^negative$/, () => ns.check(-1)],
  'Err of a RangeError that Rust made': (ns) => [/^out of range on purpose$/, () => ns.throw_range_error()],
  throw_str: (ns) => [/^on purpose$/, () => ns.throw_text('on purpose')],
  'an error of the standard library': (ns) => [/^invalid float literal$/, () => ns.parse_number('no')],
  'a constructor that refuses': (ns) => [/percent/i, () => new ns.Percent(200)],
  'a method that refuses': (ns) => [/zero/, () => new ns.Counter(0).dec()],
  'a class called without new': (ns) => [/constructor|new/, () => (ns.Counter as unknown as () => void)()],
  'an argument of another class': (ns) => [/instance of/, () => new ns.Counter(1).add({} as never)],
  'a bigint that is none': (ns) => [/./, () => ns.next_u64('x' as never)],
  'an object that was freed': (ns) => [/null pointer|moved|freed/i, () => usedAfterFree(ns)],
  'an object used within itself': (ns) => [/recursive use/, () => usedWithinItself(ns)],
};

export const ORDINARY_ERRORS: readonly Scenario[] = [
  ...Object.entries(ORDINARY).map(
    ([what, make]): Scenario => ({
      id: `no failure: ${what}`,
      invariants: ['I1', 'I2', 'I7'],
      async run(ground, checks) {
        const { ns } = ground;
        // Before anything listens: some come of another module's failure.
        const error = make(ground);
        ns.add(1, 2);
        const { failures, stop } = listen(ground);
        const { generation } = ns.__revive;
        for (const [way, pass] of Object.entries(WAYS)) {
          if (BY_CATCH.includes(way) && passesCatch(error, ground)) continue;
          const { passed } = await pass(ns, error);
          checks.that('I1', `${way}: it is the very value`, () => Object.is(passed, error));
        }
        stop();
        checks.equal('I2', 'no failure is told', () => failures.length, 0);
        checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
        checks.equal('I2', 'and serves', () => ns.add(1, 2), 3);
      },
    }),
  ),
  {
    id: 'no failure: what glue and Rust throw themselves',
    invariants: ['I1', 'I2', 'I7'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const { generation } = ns.__revive;
      for (const [what, made] of Object.entries(MADE)) {
        const [says, run] = made(ns);
        const error = thrownBy(run);
        checks.that('I1', `${what}: its own words`, () => (error instanceof Error && says.test(error.message)) || String(error));
        checks.equal('I1', `${what}: no code of ours`, () => codeOf(error), undefined);
      }
      stop();
      checks.equal('I2', 'no failure is told', () => failures.length, 0);
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
    },
  },
  {
    id: 'no failure: a fetch that is aborted while Rust waits for it',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const { generation } = ns.__revive;
      const reason = new Error('the user left');
      // It is refused before it begins: no network is needed.
      const watched = new Watched(ns.wait_for(handled(fetch('http://127.0.0.1:9/', { signal: AbortSignal.abort(reason) }))));
      await until(runtime, () => watched.state !== 'pending');
      checks.equal('I5', 'it rejects', () => watched.state, 'rejected');
      checks.equal('I1', 'with the reason', () => watched.value, reason);
      stop();
      checks.equal('I2', 'no failure is told', () => failures.length, 0);
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
    },
  },
];

/**
 * Under panic=unwind a catch import of wasm-bindgen's lets every Wasm exception pass, through Rust's frames: it may be Rust's own. And where the
 * engine does the catching, in either panic mode, only what JavaScript threw has its tag, and V8 lets no Wasm catch a trap, whoever's it is.
 */
function passesCatch(error: unknown, { panic, jsTag = false }: Ground): boolean {
  const isTrap = error instanceof WebAssembly.RuntimeError && error.stack?.includes('wasm-function') === true;
  const isException = typeof WebAssembly.Exception === 'function' && error instanceof WebAssembly.Exception;
  return jsTag ? isTrap || isException : panic === 'unwind' && isException;
}

/** Nothing of it can be read; what it is can be asked, as glue asks of everything that it catches. */
const REFUSES: ProxyHandler<object> = { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse };

function refuse(): never {
  throw new Error('refused');
}

function throwing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** `globalThis.host.mayThrow`, which the fixtures import, throws it. */
function throughImport(ns: Fixtures, error: unknown): unknown {
  const global = globalThis as { host?: unknown };
  const before = global.host;
  global.host = { mayThrow: throwing(error) };
  try {
    return ns.call_may_throw('value');
  } finally {
    global.host = before;
  }
}

/** Nobody is to hear of a rejection that Rust looks at in a later microtask. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function rejection(promise: Promise<unknown>): Promise<Passed> {
  return promise.then(
    () => ({ passed: 'nothing: it resolved' }),
    (passed: unknown) => ({ passed }),
  );
}

function withGetter(name: string): Error {
  return Object.defineProperty(new Error('odd'), name, { get: refuse });
}

function aborted(): AbortSignal {
  return AbortSignal.abort();
}

function failureOfAnother({ ns }: Ground): unknown {
  return thrownBy(() => ns.fail('unreachable'));
}

/** The engine's own error for a trap, of an instance that is gone by now. */
function trapOfAnother(ground: Ground): never {
  throw (failureOfAnother(ground) as Error).cause;
}

function foreignException(): unknown {
  if (typeof WebAssembly.Exception !== 'function') return new Error('there is no such thing here');
  return new WebAssembly.Exception(new WebAssembly.Tag({ parameters: ['i32'] }), [7]);
}

function usedAfterFree(ns: Fixtures): unknown {
  const counter = new ns.Counter(1);
  counter.free();
  return counter.inc();
}

function usedWithinItself(ns: Fixtures): unknown {
  const counter = new ns.Counter(1);
  let inner: unknown;
  counter.with(() => {
    inner = thrownBy(() => counter.inc());
  });
  throw inner;
}
