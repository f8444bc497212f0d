/** The module that a schedule runs on, with what the program holds of it. */
import { show } from '../runner/checks.ts';
import type { Control, Fixtures } from '../runner/fixtures.ts';
import { KINDS, type PanicMode } from '../runner/kinds.ts';
import type { Runtime } from '../runner/runtime.ts';
import type { Clock } from './clock.ts';
import { type Expected, isAsExpected, type Outcome, wordsOf } from './expected.ts';
import { type Call, type Failing, Model } from './model.ts';

/** See the file. */
export class World {
  readonly ns: Fixtures;
  readonly control: Control;
  readonly panic: PanicMode;
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Of the schedule that runs. */
  model: Model;
  /** How often `onFailure` was called. */
  reported = 0;
  /** What `onFailure` does besides. */
  onFailure: ((report: object) => unknown) | undefined;
  #failuresBefore = 0;
  #recoveriesBefore = 0;
  #hasPlugin = false;

  constructor(ns: Fixtures, panic: PanicMode, runtime: Runtime, clock: Clock) {
    this.ns = ns;
    this.control = ns.__revive;
    this.panic = panic;
    this.runtime = runtime;
    this.clock = clock;
    this.model = this.#newModel();
    // Before all listeners of schedules, so that the model knows of an event when they act.
    this.control.on('failure', (report) => this.model.failed(report));
    this.control.on('recovered', ({ generation }) => this.model.recovered(generation));
    this.control.on('retired', () => this.model.hasRetired());
    this.control.on('opened', () => this.model.hasRetired());
    this.control.on('stale', () => this.model.staleEvents++);
  }

  #newModel(): Model {
    return new Model(
      () => this.control.generation,
      () => this.control.stats.failures - this.#failuresBefore,
    );
  }

  /** Starts a schedule: a new model, and an instance that nobody has used. */
  begin(): void {
    this.model = this.#newModel();
    this.reported = 0;
    this.onFailure = undefined;
    const { failures, recoveries } = this.control.stats;
    [this.#failuresBefore, this.#recoveriesBefore] = [failures, recoveries];
    this.configureDefaults();
    this.model.reset();
    this.control.reset();
    // What is left of the schedule before.
    this.clock.pass();
    this.runtime.takeUncaught();
    globalThis.wasmReviveRanOn = undefined;
  }

  /** Options and decisions as they are where nobody has asked for others. */
  configureDefaults(): void {
    this.control.configure({
      // Schedules fail more often than they go well.
      consecutiveFailures: Number.POSITIVE_INFINITY,
      maxRestarts: Number.POSITIVE_INFINITY,
      withinMs: 10_000,
      foreignExceptions: 'keep',
      staleClosures: 'ignore',
      redact: (text) => text,
      onFailure: (report) => {
        this.reported++;
        return this.onFailure?.(report) as undefined;
      },
    });
    this.model.limit(Number.POSITIVE_INFINITY);
    this.model.foreign = 'keep';
    this.model.staleClosures = 'ignore';
    this.model.redacts = false;
    this.model.decides = 'nothing';
  }

  /** A plugin that decides as the model says; added when a schedule first asks for it. */
  usePlugin(): void {
    if (this.#hasPlugin) return;
    this.#hasPlugin = true;
    this.control.use({
      name: 'policy',
      failed: (...[, failure]: [unknown?, { kind: string }?]) => {
        const { decides } = this.model;
        if (decides === 'throw') throw new Error('the plugin is broken');
        return decides === 'nothing' || failure?.kind === 'unwound' ? undefined : decides;
      },
    });
  }

  /** How a kind of failure has to end. @param inPoll entered by the event loop */
  failing(kind: string, inPoll = false): Failing | undefined {
    const expected = KINDS.find(({ name }) => name === kind)?.expected(this.panic);
    if (expected === undefined || expected.class === 'well') return undefined;
    return expected.class === 'foreign' && inPoll ? { class: 'aborted', causes: ['foreign-exception'] } : expected;
  }

  /**
   * Makes a call, and holds what its caller gets against the model. Returns what it got.
   * @param entersBy how JavaScript enters: closures don't ask which instance serves
   */
  call(
    what: string,
    run: (call: Call) => unknown,
    expected: (call: Call, outcome: Outcome) => Expected,
    failing?: Failing,
    entersBy: 'façade' | 'itself' = 'façade',
  ): Outcome {
    const call = this.model.begin(failing, entersBy);
    let outcome: Outcome;
    try {
      outcome = { threw: false, value: run(call) };
    } catch (error) {
      outcome = { threw: true, value: error };
    }
    this.model.end(call, outcome);
    const wanted = expected(call, outcome);
    if (!isAsExpected(outcome, wanted)) {
      const got = `${outcome.threw ? 'throws ' : ''}${show(outcome.value)}`;
      this.model.violate(`I1/I2/I4/I7: ${what} ${outcome.threw ? '' : 'gives '}${got} in place of: ${wordsOf(wanted)}`);
    }
    return { ...outcome, reported: call.tainted !== undefined || call.passesOn === true };
  }

  /** What the control handle says, at a moment at which no call runs. */
  checkAccounts(): void {
    const { model, control } = this;
    const { failures, recoveries } = control.stats;
    const accounts: readonly (readonly [string, number, number])[] = [
      ['failures counted', failures - this.#failuresBefore, model.failures],
      ['recoveries counted', recoveries - this.#recoveriesBefore, model.recoveries],
      ['calls of onFailure', this.reported, model.failures],
    ];
    for (const [what, found, wanted] of accounts) if (found !== wanted) model.violate(`I1: ${what}: ${found} in place of ${wanted}`);
    const state = model.current ? 'running' : model.stateWithout;
    if (control.state !== state) model.violate(`I2: the state is ${control.state} in place of ${state}`);
    if (model.current && control.generation !== model.current.number) model.violate(`I2: the generation is ${control.generation}`);
  }
}
