/** One row of the table: a kind of failure, by a way in, among bystanders. */
import { Bystanders } from './bystanders.ts';
import { type CheckResult, Checks, codeOf, show } from './checks.ts';
import { tellable } from './engines.ts';
import type { Control, Fixtures, Report, Told } from './fixtures.ts';
import type { Expected, Kind, PanicMode } from './kinds.ts';
import type { Probe } from './probe.ts';
import { fitsSchema } from './report-schema.ts';
import { type Runtime, until, Watched } from './runtime.ts';
import { type Armed, expectedOn, type Way } from './ways.ts';

/** Where rows run. */
export interface Ground {
  readonly ns: Fixtures;
  readonly panic: PanicMode;
  readonly runtime: Runtime;
  readonly probe: Probe;
  /** Whether the glue leaves it to the engine to have Wasm catch what JavaScript throws (`WebAssembly.JSTag`, in the exnref encoding). */
  readonly jsTag?: boolean;
  /** Evaluates the package once more, where that can be done. */
  readonly another?: () => Promise<Fixtures>;
}

/** What the caller of the failing call got. */
type Outcome = { readonly how: 'returned' | 'threw'; readonly value: unknown } | { readonly how: 'nothing' };

/** What the control handle said before the failure. */
interface Before {
  readonly generation: number;
  readonly stats: Control['stats'] | undefined;
  readonly inFlight: number;
}

/** Runs one row. Never throws. */
export async function runRow(ground: Ground, kind: Kind, way: Way): Promise<CheckResult[]> {
  const row = new Row(ground, kind, way);
  try {
    await row.run();
  } catch (error) {
    row.checks.that('I2', 'the row can be run to its end', () => `threw ${show(error)} ${error instanceof Error ? error.stack : ''}`);
  }
  return row.checks.results;
}

class Row {
  readonly checks = new Checks();
  readonly #ground: Ground;
  readonly #kind: Kind;
  readonly #way: Way;
  readonly #expected: Expected;
  readonly #reports: Report[] = [];
  readonly #failures: Report[] = [];
  #recovered = 0;

  constructor(ground: Ground, kind: Kind, way: Way) {
    this.#ground = ground;
    this.#kind = kind;
    this.#way = way;
    this.#expected = expectedOn(way, kind, ground.panic);
  }

  async run(): Promise<void> {
    const { ns, runtime, probe } = this.#ground;
    const control = ns.__revive as Control | undefined;
    const undo = [control?.on('failure', (report) => this.#failures.push(report)), control?.on('recovered', () => this.#recovered++)];
    control?.configure({ onFailure: (report) => this.#reports.push(report) });
    globalThis.wasmReviveRanOn = [];
    runtime.takeUncaught();
    probe.takeViolations();

    const inFlight = control?.stats.inFlight ?? 0;
    const bystanders = new Bystanders(ns, runtime, probe, this.#way.company);
    const armed = this.#way.arm(ns, this.#kind.name, runtime);
    await runtime.turn();
    const before = { generation: control?.generation ?? 0, stats: control?.stats, inFlight };
    const outcome = await this.#fire(armed);
    const lost = this.#expected.class === 'aborted';
    this.#checkTold(outcome, armed, before.generation);
    if (lost) await bystanders.checkLost(this.checks, armed.bumped?.() ?? 0);
    else await bystanders.checkKept(this.checks, armed.bumped?.() ?? 0);
    if (this.#expected.class === 'unwound') armed.afterUnwound?.(this.checks);
    await runtime.turn();
    this.#checkAccounts(before);
    if (lost) bystanders.checkStale(this.checks);
    await runtime.turn();
    this.#checkDead(lost);
    const uncaught = runtime.takeUncaught();
    this.checks.that('I5', 'nothing reaches the process', () => uncaught.length === 0 || `uncaught: ${uncaught.map(show).join('; ')}`);
    for (const off of undo) off?.();
    // What hangs must not make the rows after this one fail.
    if (control !== undefined && control.stats.inFlight > 0) control.reset();
  }

  /** Fails, and sees what the caller gets; at once, where it can. */
  async #fire(armed: Armed): Promise<Outcome> {
    const { ns, runtime } = this.#ground;
    let value: unknown;
    try {
      value = armed.fire();
    } catch (error) {
      this.checks.equal('I2', 'the next call, in the same breath, is served', () => ns.add(2, 3), 5);
      return { how: 'threw', value: error };
    }
    if (this.#way.told === 'throws') return { how: 'returned', value };
    if (value instanceof Promise) {
      const watched = new Watched(value);
      const patience = this.#way.needs?.includes('gc') ? 200 : undefined;
      const settled = await until(runtime, () => watched.state !== 'pending', patience);
      this.checks.equal('I5', 'the call settles', () => settled, true);
      if (!settled) return { how: 'nothing' };
      this.checks.equal('I2', 'the next call is served', () => ns.add(2, 3), 5);
      if (this.#way.told === 'rejects') return { how: watched.state === 'rejected' ? 'threw' : 'returned', value: watched.value };
    }
    // Nobody is told: the failure happens in some later turn, a finalizer's when the engine finds the time.
    await until(runtime, () => this.#failures.length > 0, this.#expected.class === 'well' ? 3 : 50);
    this.checks.equal('I2', 'the next call is served', () => ns.add(2, 3), 5);
    return { how: 'nothing' };
  }

  #checkTold(outcome: Outcome, armed: Armed, generation: number): void {
    const expected = this.#expected;
    const told = outcome.how === 'nothing' ? undefined : outcome;
    switch (expected.class) {
      case 'well':
        if (this.#way.told !== 'nobody')
          this.checks.that('I1', 'a call that goes well is told nothing', () => told?.how === 'returned' || shown(outcome));
        return;
      case 'aborted':
        this.#checkAborted(expected.causes, told, generation);
        if (this.#hasBlackBox) this.#checkWords(expected.message, expected.allocation);
        if (armed.caughtInside) {
          this.checks.that('I1', 'JavaScript inside the call was told REVIVE_ABORT', () => isCode(armed.caughtInside?.(), 'REVIVE_ABORT'));
        }
        return;
      case 'unwound':
        if (this.#hasBlackBox) this.#checkWords(expected.message, undefined);
        this.#checkKeptTold(expected, told, armed);
        return;
      case 'foreign':
        this.#checkKeptTold(expected, told, armed);
    }
  }

  /** Whether the module links the crates that write down what happened. */
  get #hasBlackBox(): boolean {
    return this.#ground.ns.fail_marked !== undefined;
  }

  /** Rust's own words, and no words of an earlier failure. */
  #checkWords(message: RegExp | undefined, allocation: number | undefined): void {
    const { checks } = this;
    const failure = this.#failures[0]?.failure;
    if (message === undefined) {
      checks.equal('I1', 'the report has no panic that was not', () => failure?.panic, undefined);
    } else {
      checks.that(
        'I1',
        'the report has the message of the panic',
        () => message.test(failure?.panic?.message ?? '') || show(failure?.panic),
      );
      checks.that('I1', 'the report has the place of the panic', () => {
        const { file = '', line = 0 } = failure?.panic?.location ?? {};
        return (/fail\.rs$|cell\.rs$|option\.rs$|result\.rs$/.test(file) && line > 0) || show(failure?.panic?.location);
      });
    }
    checks.equal('I1', 'the report has the allocation that failed, if one did', () => failure?.allocation?.size, allocation);
  }

  #checkAborted(expected: readonly string[], told: Exclude<Outcome, { how: 'nothing' }> | undefined, generation: number): void {
    const { checks } = this;
    const { runtime } = this.#ground;
    const way = this.#way;
    const causes = tellable(expected, runtime.engine);
    const right = (report: Report | undefined): true | string =>
      (report?.failure.kind === 'aborted' && causes.includes(report.failure.cause ?? '')) ||
      `${show(report?.failure)} instead of ${causes.join(' or ')}`;
    if (way.told !== 'nobody') {
      const error = told?.value as Told;
      // In company, nobody can tell whose poll failed: each call in flight hears that the instance was lost, and why.
      const codes =
        way.told === 'rejects' && way.company && way.entrypoint === undefined ? ['REVIVE_ABORT', 'REVIVE_INSTANCE_LOST'] : ['REVIVE_ABORT'];
      checks.that(
        'I1',
        `the caller is told ${codes.join(' or ')}`,
        () => (told?.how === 'threw' && codes.includes(error.code)) || shown(told),
      );
      checks.that('I1', 'the error is a ReviveError', () => error instanceof Error && Symbol.for('wasm-revive.error') in error);
      checks.that('I1', 'the error says whether a retry is safe', () => typeof error.retryable === 'boolean');
      checks.that('I1', 'the error has a report with the cause', () => right(error.report));
      checks.that('I1', 'the error keeps what the engine raised', () => error.cause instanceof Error || show(error.cause));
    }
    const [report] = this.#failures;
    checks.that('I1', 'the failure event has the cause', () => right(report));
    checks.equal('I1', 'the report names the generation', () => report?.generation, generation);
    checks.equal('I1', 'the report names the recovery', () => report?.recovery, 'fresh');
    checks.that('I1', 'the report is plain JSON', () => JSON.stringify(JSON.parse(JSON.stringify(report))) === JSON.stringify(report));
    if (way.entrypoint !== undefined) checks.equal('I1', 'the report names the entrypoint', () => report?.entrypoint, way.entrypoint);
  }

  #checkKeptTold(
    expected: Extract<Expected, { class: 'unwound' | 'foreign' }>,
    told: Exclude<Outcome, { how: 'nothing' }> | undefined,
    armed: Armed,
  ): void {
    const { checks } = this;
    const way = this.#way;
    const foreign = expected.class === 'foreign';
    const right = (error: unknown): true | string => {
      if (!(error instanceof Error)) return show(error);
      if (!way.panicUncaught && !expected.message.test(error.message)) return show(error);
      return codeOf(error) === (foreign ? undefined : 'REVIVE_PANIC') || show(error);
    };
    const what = foreign ? 'its own error' : 'REVIVE_PANIC, in the words of Rust';
    if (way.told !== 'nobody') {
      const how = way.whenKept === undefined || way.whenKept === 'told' ? 'threw' : 'returned';
      checks.that('I1', `the caller is ${how === 'threw' ? 'told' : 'answered'}`, () => told?.how === how || shown(told));
      if (way.whenKept !== 'returns') checks.that('I1', `the error is ${what}`, () => right(told?.value));
      if (!foreign && way.whenKept === undefined) {
        const { report } = (told?.value ?? {}) as Partial<Told>;
        checks.that('I1', 'the error has a report', () => report?.failure.kind === 'unwound' || show(report));
      }
    }
    if (armed.caughtInside) checks.that('I1', `JavaScript inside the call was told ${what}`, () => right(armed.caughtInside?.()));
    const [report] = this.#failures;
    checks.that('I1', 'there is a failure event', () => {
      if (report === undefined) return 'none';
      return (foreign ? report.failure.cause === 'foreign-exception' : report.failure.kind === 'unwound') || show(report.failure);
    });
    checks.that('I1', 'the report names the recovery', () => this.#failures.every(({ recovery }) => recovery === 'keep'));
  }

  #checkAccounts(before: Before): void {
    const { checks } = this;
    const { __revive: control } = this.#ground.ns;
    const losses = this.#expected.class === 'aborted' ? (this.#way.losses ?? 1) : 0;
    checks.equal('I2', `generations gone by: ${losses}`, () => control.generation - before.generation, losses);
    checks.equal('I2', `recoveries: ${losses}`, () => control.stats.recoveries - (before.stats?.recoveries ?? 0), losses);
    checks.equal('I2', `recovered events: ${losses}`, () => this.#recovered, losses);
    if (this.#expected.class !== 'foreign' && this.#expected.class !== 'unwound') {
      checks.equal('I1', `failure events: ${losses}`, () => this.#failures.length, losses);
    }
    for (const report of this.#reports) checks.that('I1', 'the report is what its schema says', () => fitsSchema(report));
    checks.equal('I1', 'onFailure heard what the listeners heard', () => this.#reports.length, this.#failures.length);
    checks.equal('I1', 'every failure is counted', () => control.stats.failures - (before.stats?.failures ?? 0), this.#failures.length);
    checks.equal('I2', 'the module is running', () => control.state, 'running');
    checks.equal('I6', 'no call of this row is left in flight', () => control.stats.inFlight, losses > 0 ? 0 : before.inFlight);
  }

  #checkDead(lost: boolean): void {
    const violations = this.#ground.probe.takeViolations();
    this.checks.that('I3', 'no instruction of the lost instance ran', () => violations.length === 0 || violations.slice(0, 5).join('; '));
    if (lost) {
      this.checks.that('I3', 'frames that were on the stack did not run on', () => {
        const ran = globalThis.wasmReviveRanOn ?? [];
        return ran.length === 0 || ran.join();
      });
    }
  }
}

function isCode(error: unknown, code: string): true | string {
  return codeOf(error) === code || show(error);
}

function shown(outcome: Outcome | undefined): string {
  return outcome === undefined || outcome.how === 'nothing' ? 'nothing' : `${outcome.how} ${show(outcome.value)}`;
}

declare global {
  /** Where the fixtures note that Rust code is still running. */
  var wasmReviveRanOn: string[] | undefined;
}
