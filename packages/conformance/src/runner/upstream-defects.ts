/**
 * What is wrong upstream, as programs: each is run on wasm-bindgen's own output and on ours, word for word the same, and says what it
 * saw. The IDs are those of docs/upstream.
 */
import { codeOf } from './checks.ts';
import type { Fixtures, Told } from './fixtures.ts';
import { deferred, type Runtime, Watched } from './runtime.ts';

/** What a program saw. Plain JSON. */
export type Observed = Readonly<Record<string, unknown>>;

/** One defect, as a program that shows it or its absence. */
export type Defect = (ns: Fixtures, runtime: Runtime) => Promise<Observed> | Observed;

/** What a program does after an abort: upstream's reset where there is one. Ours has recovered by itself, and answers to that name too. */
function recover(ns: Fixtures): void {
  ns.__wbg_reset_state?.();
}

function thrown(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** `RuntimeError: unreachable`; a code in place of the message where there is one. */
function short(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${String(codeOf(error) ?? error.message)}`;
}

/** All of them, by name. */
export const DEFECTS: Readonly<Record<string, Defect>> = {
  /** A handle of the old instance frees an object of the new one: two live objects then share one allocation. */
  U1(ns) {
    const stale = new ns.Counter(1);
    thrown(() => ns.fail('abort'));
    recover(ns);
    const second = new ns.Counter(2);
    const free = thrown(() => stale.free());
    const third = new ns.Counter(3);
    third.inc();
    return { free: short(free), second: short(thrown(() => second.get()) ?? second.get()), third: third.get() };
  },

  /** Letting go of a closure of the old instance destroys something in the new one. */
  U2(ns) {
    const stale = ns.length_adder();
    stale('abc');
    thrown(() => ns.fail('abort'));
    recover(ns);
    const fresh = ns.length_adder();
    fresh('ab');
    const unref = thrown(() => stale._wbg_cb_unref?.());
    return {
      unref: short(unref),
      next: short(thrown(() => new ns.Counter(1).free())),
      total: short(thrown(() => fresh('c')) ?? fresh('')),
    };
  },

  /** The promise of a call in flight never settles, and what would have settled it throws outside of any caller. */
  async U3(ns, runtime) {
    const gate = deferred<string>();
    const watched = new Watched(ns.wait_for(gate.promise));
    await runtime.turn();
    thrown(() => ns.fail('abort'));
    recover(ns);
    await runtime.turn();
    const before = watched.state;
    gate.resolve('opened');
    for (let turns = 0; turns < 20; turns++) await runtime.turn();
    return { before, after: watched.state, error: short(watched.value), uncaught: runtime.takeUncaught().map(short) };
  },

  /** The old instance's last frames kill the new one. */
  U4(ns) {
    const outer = thrown(() =>
      ns.nested(() => {
        const inner = thrown(() => ns.fail('abort'));
        recover(ns);
        ns.bump();
        throw inner;
      }),
    );
    return { outer: short(outer), next: short(thrown(() => ns.bump()) ?? ns.bump()) };
  },

  /** The error says nothing that anybody could act on. */
  U9(ns) {
    const error = thrown(() => ns.fail('panic-index')) as Partial<Told>;
    const next = thrown(() => ns.add(1, 2));
    return {
      error: short(error),
      code: error.code ?? null,
      cause: error.report?.failure.cause ?? null,
      entrypoint: error.report?.entrypoint ?? null,
      next: short(next),
    };
  },

  /** The same for an abort. */
  U9abort(ns) {
    const error = thrown(() => ns.fail('oom')) as Partial<Told>;
    const next = thrown(() => ns.add(1, 2));
    return { error: short(error), code: error.code ?? null, cause: error.report?.failure.cause ?? null, next: short(next) };
  },
};
