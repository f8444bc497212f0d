/** Where a call goes: the instance that the module's own exports lead to, or a sibling; with the model of it. */
import { show } from '../runner/checks.ts';
import type { Fixtures } from '../runner/fixtures.ts';
import { type Expected, isAsExpected, type Outcome, wordsOf } from './expected.ts';
import type { Call, Failing, Generation } from './generation.ts';
import type { Model } from './model.ts';

/** See the file. */
export class Home {
  /** What the program calls it in a printed schedule. */
  readonly label: string;
  /** The key of a sibling, or what the instance of a pool is called; undefined of the default instance. */
  readonly key: unknown;
  /** Whether it is an instance of a pool, which has no key. */
  readonly isMember: boolean;
  /** What is given for the key. */
  readonly own: Fixtures;
  /** The module's own exports. */
  readonly #shared: Fixtures;
  /** Of the schedule that runs. */
  model: Model;
  /** How many events `stale` there have to have been. */
  stale = 0;

  constructor(label: string, key: unknown, own: Fixtures, shared: Fixtures, model: Model, isMember = false) {
    this.label = label;
    this.key = key;
    this.isMember = isMember;
    this.own = own;
    this.#shared = shared;
    this.model = model;
  }

  /** Whose functions and classes lead here. */
  get ns(): Fixtures {
    return this.model.rules.isPooled ? this.#shared : this.own;
  }

  get isSibling(): boolean {
    return this.key !== undefined && !this.isMember;
  }

  /** What messages call it. */
  get name(): string {
    return this.key !== undefined ? `instance "${String(this.key)}"` : 'the default instance';
  }

  /**
   * Makes a call, and holds what its caller gets against the model. Returns what it got.
   * @param entersBy how JavaScript enters: closures don't ask which instance serves
   * @param of where a closure was made
   */
  call(
    what: string,
    run: (call: Call) => unknown,
    expected: (call: Call, outcome: Outcome) => Expected,
    failing?: Failing,
    entersBy: 'façade' | 'itself' = 'façade',
    of?: Generation,
  ): Outcome {
    const { model } = this;
    const call = model.begin(failing, entersBy, of);
    let outcome: Outcome;
    const { rules } = model;
    const outer = rules.routeTo;
    rules.routeTo = rules.elsewhere === undefined ? this.key : rules.elsewhere.key;
    rules.elsewhere = undefined;
    try {
      outcome = { threw: false, value: run(call) };
    } catch (error) {
      outcome = { threw: true, value: error };
    }
    // A listener may have made calls in the middle of several of this one.
    rules.routeTo = outer;
    model.end(call, outcome);
    if (call.turnedAway) return outcome;
    const wanted = expected(call, outcome);
    if (!isAsExpected(outcome, wanted)) {
      const got = `${outcome.threw ? 'throws ' : ''}${show(outcome.value)}`;
      model.violate(`I1/I2/I4/I7: ${what} ${outcome.threw ? '' : 'gives '}${got} in place of: ${wordsOf(wanted)}`);
    }
    return { ...outcome, reported: call.tainted !== undefined || call.passesOn === true };
  }
}
