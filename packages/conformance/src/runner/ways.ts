/** Every way by which JavaScript enters an instance, each ending in `fail` of the fixtures. */
import type { Checks } from './checks.ts';
import type { Fixtures } from './fixtures.ts';
import type { Expected, Kind, PanicMode } from './kinds.ts';
import type { Need } from './needs.ts';
import { deferred, type Runtime, until } from './runtime.ts';

/** A way in, ready to fail: whatever it needs (a handle, a closure) has been made. */
export interface Armed {
  /** Fails. What it returns or throws is what the way's caller gets. */
  fire(): unknown;
  /** What has to hold of this way's own objects when the instance was kept after an unwound panic. */
  afterUnwound?(checks: Checks): void;
  /** How often it has counted the thread-local up on the instance that serves when it has ended. */
  bumped?(): number;
  /** What JavaScript inside the failing call caught, where the way has such a place. */
  caughtInside?(): unknown;
}

/** One way in. */
export interface Way {
  readonly name: string;
  /** How its caller hears of a failure: by an exception, by a rejection, or not at all, for there is none. */
  readonly told: 'throws' | 'rejects' | 'nobody';
  /** What becomes of the caller when the failure isn't the instance's end. Default: it is told. */
  readonly whenKept?: 'told' | 'returns-error' | 'returns';
  /** How the report names the entrypoint; undefined where no caller entered. */
  readonly entrypoint?: string;
  /** Whether other calls are in flight meanwhile. */
  readonly company: boolean;
  /** Instances lost when the kind of failure loses one. Default 1. */
  readonly losses?: number;
  /** What it can't be gone without. */
  readonly needs?: readonly Need[];
  /** The failure strikes in a poll: a JavaScript exception tears the executor down, so that the instance can't be kept. */
  readonly inPoll?: boolean;
  /** wasm-bindgen catches no panic here, so that its message is known only to the crate's hook. */
  readonly panicUncaught?: boolean;
  /** Whether a JavaScript exception passing through it leaves nothing in doubt. Default true. */
  readonly foreign?: boolean;
  arm(ns: Fixtures, kind: string, runtime: Runtime): Armed;
}

const asIs = (fire: () => unknown): Armed => ({ fire });

const FUNCTIONS: readonly Way[] = [
  { name: 'function', told: 'throws', entrypoint: 'fail', company: true, arm: (ns, kind) => asIs(() => ns.fail(kind)) },
  {
    name: 'function that holds a borrow',
    told: 'throws',
    entrypoint: 'fail_holding_notes',
    company: true,
    // A foreign exception leaves the notes borrowed for good: that is what "tainted" means.
    foreign: false,
    arm: (ns, kind) => ({
      fire: () => ns.fail_holding_notes(kind),
      afterUnwound(checks) {
        checks.equal('I7', 'what Rust had written before the panic is there', () => ns.recall('half'), 'written');
      },
    }),
  },
];

const CLASSES: readonly Way[] = [
  {
    name: 'method',
    told: 'throws',
    entrypoint: 'Faller.fail',
    company: true,
    arm(ns, kind) {
      const faller = new ns.Faller('none');
      return { fire: () => faller.fail(kind), afterUnwound: (checks) => usable(checks, faller, 1) };
    },
  },
  {
    name: 'method on &mut self',
    told: 'throws',
    entrypoint: 'Faller.fail_mut',
    company: true,
    arm(ns, kind) {
      const faller = new ns.Faller('none');
      return { fire: () => faller.fail_mut(kind), afterUnwound: (checks) => usable(checks, faller, 101) };
    },
  },
  {
    name: 'method that consumes its handle',
    told: 'throws',
    entrypoint: 'Faller.fail_by_value',
    company: true,
    arm(ns, kind) {
      const faller = new ns.Faller('none');
      return asIs(() => faller.fail_by_value(kind));
    },
  },
  { name: 'constructor', told: 'throws', entrypoint: 'new Faller', company: true, arm: (ns, kind) => asIs(() => new ns.Faller(kind)) },
  {
    name: 'static',
    told: 'throws',
    entrypoint: 'Faller.fail_static',
    company: true,
    // Those of older versions are optimised for size: it is one with `fail`.
    needs: ["today's wasm-bindgen"],
    arm: (ns, kind) => asIs(() => ns.Faller.fail_static(kind)),
  },
  {
    name: 'getter',
    told: 'throws',
    entrypoint: 'Faller.trouble',
    company: true,
    arm(ns, kind) {
      const faller = ns.Faller.armed(kind);
      return { fire: () => faller.trouble, afterUnwound: (checks) => usable(checks, faller, 1) };
    },
  },
  {
    name: 'setter',
    told: 'throws',
    entrypoint: 'Faller.trouble',
    company: true,
    arm(ns, kind) {
      const faller = new ns.Faller('none');
      return {
        fire() {
          faller.trouble = kind;
        },
        afterUnwound: (checks) => usable(checks, faller, 1),
      };
    },
  },
  {
    name: "constructor of a user's subclass",
    told: 'throws',
    entrypoint: 'new Faller',
    company: true,
    arm(ns, kind) {
      const Mine = class extends ns.Faller {};
      return asIs(() => new Mine(kind));
    },
  },
  {
    name: "method through a user's subclass",
    told: 'throws',
    entrypoint: 'Faller.fail',
    company: true,
    arm(ns, kind) {
      class Mine extends ns.Faller {
        override fail(kind: string): void {
          super.fail(kind);
        }
      }
      const mine = new Mine('none');
      return { fire: () => mine.fail(kind), afterUnwound: (checks) => usable(checks, mine, 1) };
    },
  },
];

function usable(checks: Checks, faller: { calls(): number }, calls: number): void {
  checks.equal('I7', 'the handle it failed on is as Rust left it', () => faller.calls(), calls);
}

const CLOSURES: readonly Way[] = [
  {
    name: 'closure',
    told: 'throws',
    entrypoint: 'a closure',
    company: true,
    arm(ns, kind) {
      const closure = ns.failing_closure();
      return {
        fire: () => closure(kind),
        afterUnwound(checks) {
          checks.equal('I7', 'the closure that failed can be called again', () => closure('none'), 1);
        },
      };
    },
  },
  {
    name: 'closure that works once',
    told: 'throws',
    entrypoint: 'a closure',
    company: true,
    arm(ns, kind) {
      const closure = ns.failing_once();
      return asIs(() => closure(kind));
    },
  },
  {
    name: 'closure lent to JavaScript',
    told: 'throws',
    entrypoint: 'a closure',
    company: true,
    arm: (ns, kind) => asIs(() => ns.lend_failing(kind)),
  },
  {
    name: 'closure in a promise reaction of JavaScript',
    told: 'rejects',
    entrypoint: 'a closure',
    company: true,
    arm(ns, kind) {
      const closure = ns.failing_closure();
      return asIs(() => Promise.resolve(kind).then(closure));
    },
  },
];

const NESTED: readonly Way[] = [
  {
    name: 'nested callback',
    told: 'throws',
    entrypoint: 'fail',
    company: true,
    arm: (ns, kind) => asIs(() => ns.nested(() => ns.fail(kind))),
  },
  {
    name: 'nested callback, six deep',
    told: 'throws',
    entrypoint: 'fail',
    company: true,
    arm: (ns, kind) => asIs(() => ns.nested_deep(() => ns.fail(kind), 6)),
  },
  {
    name: 'nested callback through a catch import',
    told: 'throws',
    whenKept: 'returns-error',
    entrypoint: 'fail',
    company: true,
    arm: (ns, kind) => asIs(() => ns.nested_catching(() => ns.fail(kind))),
  },
  {
    name: 'nested callback that swallows the error',
    told: 'throws',
    whenKept: 'returns',
    entrypoint: 'fail',
    company: true,
    arm(ns, kind) {
      let caught: unknown;
      return {
        fire: () =>
          ns.nested(() => {
            try {
              ns.fail(kind);
            } catch (error) {
              caught = error;
            }
          }),
        caughtInside: () => caught,
      };
    },
  },
  {
    name: 'nested callback that swallows the error and goes on using the module',
    told: 'throws',
    whenKept: 'returns',
    entrypoint: 'fail',
    company: true,
    arm(ns, kind) {
      let caught: unknown;
      let bumps = 0;
      return {
        fire: () =>
          ns.nested_catching(() => {
            try {
              ns.fail(kind);
            } catch (error) {
              caught = error;
            }
            ns.bump();
            bumps++;
          }),
        bumped: () => bumps,
        caughtInside: () => caught,
      };
    },
  },
  {
    name: 'nested callback that fails twice',
    told: 'throws',
    whenKept: 'told',
    entrypoint: 'fail',
    company: true,
    losses: 2,
    arm: (ns, kind) =>
      asIs(() =>
        ns.nested(() => {
          try {
            ns.fail(kind);
          } catch {
            // The second one fails on the instance that serves by then.
          }
          ns.fail(kind);
        }),
      ),
  },
];

const RELEASES: readonly Way[] = [
  {
    name: 'free() of a handle whose destructor fails',
    told: 'throws',
    panicUncaught: true,
    company: true,
    arm(ns, kind) {
      const bomb = new ns.DropBomb(kind);
      return asIs(() => bomb.free());
    },
  },
  {
    name: 'Symbol.dispose of a handle whose destructor fails',
    told: 'throws',
    panicUncaught: true,
    company: true,
    needs: ["today's wasm-bindgen"],
    arm(ns, kind) {
      const bomb = new ns.DropBomb(kind);
      // Older runtimes have no such symbol; glue then has no such method.
      return asIs(() => (Symbol.dispose === undefined ? bomb.free() : bomb[Symbol.dispose]()));
    },
  },
  {
    name: 'method that drops its handle',
    told: 'throws',
    entrypoint: 'DropBomb.explode',
    company: true,
    arm(ns, kind) {
      const bomb = new ns.DropBomb(kind);
      return asIs(() => bomb.explode());
    },
  },
  {
    name: 'finalizer',
    told: 'nobody',
    company: true,
    needs: ['gc', 'newer wasm-bindgen'],
    arm: (ns, kind, runtime) => asIs(() => dropAndCollect(ns, kind, runtime)),
  },
];

// Alive as long as the module: the collector forgets a registry that nobody holds.
const finalizers = new FinalizationRegistry<() => void>((finalized) => finalized());

/** Lets go of a handle that fails when it is dropped, and resolves when the collector's finalizers of it have run. */
async function dropAndCollect(ns: Fixtures, kind: string, runtime: Runtime): Promise<void> {
  let finalized = false;
  // In a function of its own, so that no register of this frame keeps the handle.
  (() => {
    finalizers.register(new ns.DropBomb(kind), () => {
      finalized = true;
    });
  })();
  await until(
    runtime,
    () => {
      if (!finalized) runtime.gc?.();
      return finalized;
    },
    100,
  );
  await runtime.turn();
}

/** Async ways come twice: alone in flight the failing call can be named; in company it can't, where the event loop entered. */
function asyncWays(company: boolean): readonly Way[] {
  const name = (name: string): string => (company ? `${name}, others in flight` : name);
  return [
    { name: name('async first poll'), told: 'rejects', inPoll: true, company, arm: (ns, kind) => asIs(() => ns.fail_first_poll(kind)) },
    {
      name: name('async later poll'),
      told: 'rejects',
      inPoll: true,
      company,
      arm: (ns, kind, runtime) =>
        asIs(() => {
          const gate = deferred<void>();
          const promise = ns.fail_later_poll(kind, gate.promise);
          // Not before the first poll has run.
          void runtime.turn().then(gate.resolve);
          return promise;
        }),
    },
    {
      name: name('async method'),
      told: 'rejects',
      inPoll: true,
      company,
      arm(ns, kind) {
        const faller = new ns.Faller('none');
        return { fire: () => faller.fail_later(kind), afterUnwound: (checks) => usable(checks, faller, 1) };
      },
    },
    {
      name: name('callback in a poll'),
      told: 'rejects',
      company,
      arm: (ns, kind) => asIs(() => ns.wait_often(() => ns.fail(kind), 1)),
    },
    {
      name: name('async call that nobody awaits'),
      told: 'nobody',
      inPoll: true,
      company,
      arm: (ns, kind) =>
        asIs(() => {
          void ns.fail_first_poll(kind);
        }),
    },
    {
      name: name('spawned task'),
      told: 'nobody',
      inPoll: true,
      company,
      arm: (ns, kind) =>
        asIs(() => {
          ns.spawn_fail(kind, Promise.resolve());
        }),
    },
  ];
}

/** What has to come of a kind of failure on a way in. */
export function expectedOn(way: Way, kind: Kind, panic: PanicMode): Expected {
  const expected = kind.expected(panic);
  return expected.class === 'foreign' && way.inPoll ? { class: 'aborted', causes: ['foreign-exception'] } : expected;
}

/** Every way in. */
export const WAYS: readonly Way[] = [
  ...FUNCTIONS,
  ...CLASSES,
  ...CLOSURES,
  ...NESTED,
  ...asyncWays(false),
  ...asyncWays(true),
  ...RELEASES,
];
