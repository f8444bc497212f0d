/**
 * What a program may see of a transformed module: the plain model that random schedules are held against. It knows nothing of how recovery
 * is made; it says which generation serves, what that remembers, which failures are reported, and what each call's caller gets.
 *
 * The driver tells the model when a call begins, when JavaScript in the middle of it runs, and when it has ended, and every event that it
 * hears of. Listeners may do anything in between, so nothing is predicted ahead: what a call must have given is asked when it has ended.
 */
import { codeOf } from '../runner/checks.ts';
import type { Report } from '../runner/fixtures.ts';
import { BreakerModel, type NewsEvent, type NewsName } from './breaker.ts';
import type { Expected, Outcome } from './expected.ts';
import { type Call, type DueFailure, describeFailing, type Failing, Generation, isReportOf, type Told } from './generation.ts';
import type { Rules, Seated } from './rules.ts';

/** So many resets in a row a listener can make; any more may be refused. */
const RESETS_WITHIN = 5;

/** See the file. */
export class Model implements Seated {
  readonly rules: Rules;
  readonly due = new Set<DueFailure>();
  current: Generation | undefined;
  readonly breaker: BreakerModel;
  recoveries = 0;
  staleEvents = 0;
  #resetsWithin = 0;
  /** Failures in listeners, whose events have still to come. */
  readonly #untold: Told[] = [];
  /** Whether the next recovery is one from a failure. */
  #wasLost = false;
  /** Whether there is no instance that anybody has missed: before the first, and once it was evicted. Only a call makes one. */
  #isNew: boolean;
  #latest = 0;
  /** Those that were seen to serve before the event. */
  readonly #early: Generation[] = [];
  /** In the order in which they served. */
  #generations: Generation[] = [];
  readonly #calls: Call[] = [];
  /** It goes as soon as no call is in it. */
  #leaving: Generation | undefined;
  hadSeat = false;
  /** Whether nobody makes the instance that is missing, until somebody calls. */
  #isStalled = false;
  readonly #name: string;
  readonly #member: number;
  readonly #generationNow: (() => number) | undefined;
  readonly #failuresNow: () => number;

  /**
   * @param name for messages
   * @param failuresNow how many failures the module has counted
   * @param generationNow the generation that has served last, as the module says; undefined for siblings, of which it doesn't
   * @param member which one it is of a pool that has no keys, where it is one beside the default instance
   */
  constructor(rules: Rules, name: string, failuresNow: () => number, generationNow?: () => number, member = 0) {
    this.#member = member;
    this.rules = rules;
    this.#name = name;
    this.#failuresNow = failuresNow;
    this.#generationNow = generationNow;
    this.#isNew = generationNow === undefined;
    this.breaker = new BreakerModel(rules);
  }

  /** Something isn't as it has to be. */
  violate(what: string): void {
    this.rules.violations.push(this.#generationNow ? what : `${what} (${this.#name})`);
  }

  /** Whether calls are surely refused. */
  get retired(): boolean {
    return this.isMissing && this.breaker.refuses === 'yes';
  }

  /** Whether calls may be refused. */
  get mayBeRetired(): boolean {
    return this.isMissing && this.breaker.refuses !== 'no';
  }

  /** The states that the module may be in while no instance of it serves. */
  get statesWithout(): readonly string[] {
    return this.#isNew ? ['recovering'] : this.breaker.words;
  }

  /** See `Seated`. */
  get isUsed(): boolean {
    // One that was evicted while it drained ends in a microtask.
    return this.isSurelyUsed || this.#generations.some(({ departed }) => departed) || (!this.#isNew && !this.retired);
  }

  /** See `Seated`. */
  get isSurelyUsed(): boolean {
    if (this.current !== undefined || this.draining.some((one) => !one.isOverdue && this.rules.owes(one) > 0)) return true;
    // One that waited until it may be tried again may have lost its seat meanwhile.
    return !this.#isNew && this.breaker.isOpen === 'no';
  }

  /** Whether one that has departed may have ended by now. */
  get isEnding(): boolean {
    return this.#generations.some((one) => one.departed && (one.state !== 'drains' || this.rules.owes(one) === 0));
  }

  /** Those that have calls in flight to finish. */
  get draining(): readonly Generation[] {
    return this.#generations.filter(({ state }) => state === 'drains');
  }

  /** Whether there is no instance, and a call makes up for one that was lost. */
  get isMissing(): boolean {
    return this.current === undefined && !this.#isNew;
  }

  /** Whether an instance is to come by itself. */
  get isDue(): boolean {
    if (this.current !== undefined || this.#isNew || this.#isStalled) return false;
    return this.breaker.isOpen === 'no' && this.rules.closing === undefined;
  }

  /** Whether the next instance is made after a pause, unless a call asks for it. */
  get pauses(): boolean {
    return this.current === undefined && this.breaker.pauses;
  }

  /** What calls are refused with, if they are. */
  get refusal(): readonly Expected[] {
    return this.mayBeRetired ? [REFUSED] : [];
  }

  /** @param entersBy how JavaScript enters: closures and finalizers don't ask which instance serves */
  begin(failing?: Failing, entersBy: 'façade' | 'itself' = 'façade', of?: Generation): Call {
    if (entersBy === 'façade') this.departIfDue();
    // What is called within a call is part of it.
    const call: Call = { failing, entersBy, of, outside: entersBy === 'façade' && this.rules.within === 0 && !this.isEntered };
    this.#calls.push(call);
    return call;
  }

  /** JavaScript runs in the middle of this call. @param generation where the event loop entered, for what serves may be another */
  enter(call: Call, generation = this.#serving): void {
    call.inside = generation;
    if (call.outside && generation) this.#isCalled(generation);
    if (generation === undefined) this.violate('I2: Rust calls JavaScript, and no instance serves');
  }

  /** JavaScript in the middle of this call is about to throw into Rust, which doesn't catch. @param wasReported further in */
  throwInto(call: Call, value: unknown, wasReported: boolean): void {
    const { inside } = call;
    call.thrown = { value };
    if (inside === undefined || inside.state === 'lost') return;
    const same = inside.taints.some((taint) => Object.is(taint, value));
    if (same && wasReported) {
      call.passesOn = true;
      return;
    }
    // The program may throw one that is equal to what was reported, which nobody can tell. So it is with a panic that was reported when it
    // left the frames further in: whether it taints those further out, too, is left open.
    call.failing = { class: 'foreign', message: /./, ambiguous: same || codeOf(value) === 'REVIVE_PANIC' };
  }

  /** The call has returned or thrown. */
  end(call: Call, { threw, value }: Outcome): void {
    if (this.#calls.pop() !== call) throw new Error('The driver ends another call than the last.');
    if (threw && !call.inside && this.#isTurnedAway(codeOf(value))) {
      call.turnedAway = true;
      if (call.failed) this.violate('I1: a call that was turned away has failed');
      return;
    }
    if (threw && !call.inside && call.entersBy === 'façade' && codeOf(value) === 'REVIVE_CRASH_LOOP')
      this.#isRefused(value as { readonly retryAfter?: number });
    if (this.rules.within > 0) this.#noteUntold(call);
    if (call.outside && !call.failed && !call.inside) {
      const generation = this.#serving;
      if (generation) this.#isCalled(generation);
    }
    const served = call.inside ?? call.failed ?? this.current;
    if (call.outside && served && !(value instanceof Promise)) this.hasSettled(served);
    const { inside, tainted } = call;
    if (threw && tainted) {
      tainted.taints.push(value);
      if (tainted.lostTo) tainted.lostTo = { value };
    }
    if (tainted && !this.#calls.some((outer) => outer.inside === tainted)) tainted.taints.length = 0;
    if (inside !== undefined && !this.#calls.some((outer) => outer.inside === inside)) inside.taints.length = 0;
    if (call.failing && !call.failed && !call.failing.ambiguous && !this.retired) {
      this.violate(`I1: nothing was reported of a failure (${call.failing.class})`);
    }
  }

  #isRefused({ retryAfter }: { readonly retryAfter?: number }): void {
    if (this.mayBeRetired && this.breaker.sawRefusal(retryAfter)) return;
    this.violate(`I2: calls are refused for ${retryAfter} ms: ${this.current?.name ?? this.breaker.describe()}`);
  }

  /** A call that the program made from outside has ended well on this generation. @param isLate it was in flight: whoever calls next makes that known */
  hasSettled(generation: Generation, isLate = false): void {
    if (generation.state !== 'serves') return;
    generation.settledLate = isLate && (generation.settledLate || !generation.served);
    generation.served = true;
  }

  /** The first of two calls has ended well that the driver makes as one. */
  between(): void {
    const generation = this.#serving;
    if (generation && this.#calls.at(-1)?.outside) this.hasSettled(generation);
  }

  /** Whether a code says that a call was refused before it did anything, which is right only for a reason. */
  #isTurnedAway(code: unknown): boolean {
    const { rules } = this;
    switch (code) {
      case 'REVIVE_TOO_MANY_INSTANCES': {
        const beside = rules.mostSeatsBeside(this);
        if (this.current !== undefined || rules.isPooled || this.#member > 0 || beside < rules.maxInstances)
          this.violate(`I6: a call is turned away, beside ${beside} instances`);
        return true;
      }
      case 'REVIVE_DRAINING':
      case 'REVIVE_DISPOSED':
        if (!this.#isClosed) this.violate(`I2: a call is turned away with ${code}`);
        return true;
      default:
        return false;
    }
  }

  /** Whether no call is admitted, but those that a call makes which is running. */
  get #isClosed(): boolean {
    return this.rules.closing !== undefined && (this.current === undefined || !this.#isIn(this.current));
  }

  /** Whether JavaScript runs in the middle of a call of the instance that serves. */
  get isEntered(): boolean {
    return this.current !== undefined && this.#isIn(this.current);
  }

  /** Whether a frame of it is on the stack: a call that has failed has left, though its caller has not been told. */
  #isIn(generation: Generation): boolean {
    return this.#calls.some(({ inside, failed, isDeep }) => inside === generation && (failed === undefined || isDeep));
  }

  /** Who called a function that fails, and whose end has been told to the model. */
  outcomeOfFailure(call: Call): Expected {
    const { failing, failed } = call;
    if (failing === undefined) throw new Error('Asked of a call that was not to fail.');
    if (failed === undefined) return REFUSED;
    switch (failing.class) {
      case 'aborted':
        return { is: 'error', code: 'REVIVE_ABORT', generation: failed.number };
      case 'unwound':
        return { is: 'error', code: 'REVIVE_PANIC', message: call.redacted ? /^redacted$/ : failing.message };
      case 'foreign':
        return { is: 'ordinary-error' };
    }
  }

  /**
   * Who called a function that calls JavaScript.
   * @param returns what it returns where JavaScript returned
   * @param catches whether Rust catches what JavaScript throws, and returns it
   */
  outcomeOfNested(call: Call, returns: unknown, catches: boolean): Expected {
    const { inside, thrown } = call;
    if (inside === undefined) return REFUSED;
    if (inside.state === 'lost') {
      const isTheirs = thrown !== undefined && inside.lostTo !== undefined && Object.is(inside.lostTo.value, thrown.value);
      const abort: Expected = { is: 'error', code: 'REVIVE_ABORT', generation: inside.number };
      // Reported, and the instance kept: until a listener of that very report made it fail.
      if (thrown && call.failed && !inside.lostTo) return { is: 'one-of', of: [{ is: 'thrown', value: thrown.value }, abort] };
      if (!isTheirs) return abort;
      const theirs: Expected = { is: 'thrown', value: thrown.value };
      return catches ? { is: 'one-of', of: [theirs, abort] } : theirs;
    }
    if (thrown === undefined) return { is: 'value', value: returns };
    return { is: catches ? 'value' : 'thrown', value: thrown.value };
  }

  /** Who called a function of Rust that goes well. @param value what it gives, of the instance that serves */
  outcomeOf(value: (generation: Generation) => Expected): Expected {
    if (this.#isClosed) return CLOSED;
    const generation = this.#serving;
    if (generation !== undefined) return value(generation);
    if (!this.mayBeRetired) this.violate('I2: a call has ended, and no instance serves');
    return REFUSED;
  }

  /** `reset()` was called, and is about to make a fresh instance. Gives what takes this back, where that may be refused. */
  reset(isEvicted = false): (() => void) | undefined {
    const before = [this.current, this.#wasLost, this.#isNew] as const;
    const { rules, current } = this;
    if (rules.within === 0) this.#resetsWithin = 0;
    else this.#resetsWithin++;
    const isRefused = this.#resetsWithin > RESETS_WITHIN;
    // One that nobody has called counts as one that has not started: at the limit that is told, before all is forgiven.
    if (current && !current.called && !isRefused && !isEvicted) this.#fails(current, false);
    if (!isRefused) this.breaker.forgive();
    if (current) current.state = 'replaced';
    this.current = undefined;
    this.#leaving = undefined;
    this.#isStalled = false;
    this.#wasLost = false;
    if (!isRefused) return undefined;
    return () => {
      [this.current, this.#wasLost, this.#isNew] = before;
      if (this.current) this.current.state = 'serves';
    };
  }

  /** The instance was evicted, or is about to be. Gives what takes this back, where that may be refused. */
  evict(): (() => void) | undefined {
    // Where there is none, nothing is reset.
    const resets = this.#resetsWithin;
    const { isUsed } = this;
    const takeBack = this.reset(true);
    if (!isUsed) this.#resetsWithin = resets;
    this.#isNew = true;
    for (const generation of this.draining) generation.state = 'replaced';
    return isUsed ? takeBack : undefined;
  }

  /** The instance is to end when its calls in flight have settled: the module is about to be asked for that. */
  leave(): void {
    const { current } = this;
    this.reset(true);
    this.#isNew = true;
    // Until what was promised has come.
    this.hadSeat = true;
    if (current === undefined) return;
    current.state = 'serves';
    this.current = this.#leaving = current;
  }

  /** New calls go no more to an instance that is to end, as soon as no call is in it. */
  departIfDue(): void {
    const leaving = this.#leaving;
    if (leaving === undefined || this.#isIn(leaving)) return;
    this.#leaving = undefined;
    if (leaving !== this.current) return;
    this.#departs(leaving);
  }

  #departs(generation: Generation): void {
    this.hadSeat = true;
    generation.state = 'drains';
    generation.departed = true;
    this.current = undefined;
  }

  /** The event `drained`: an instance has ended. */
  drained(number: number, callsLost: number): void {
    const departed = this.#generations.filter((one) => one.departed && this.#fits(one, number));
    // Their numbers may not be known.
    const generation = departed.find((one) => this.rules.owes(one) === callsLost) ?? departed[0] ?? this.current;
    if (generation === undefined || !(departed.length > 1 ? this.#fits(generation, number) : this.#bears(generation, number))) {
      this.violate(`I2: generation ${number} is drained, of which nobody knows`);
      return;
    }
    // Another one is about to take its place: see `recycled`.
    if (generation === this.current) {
      this.#isReplaced(generation);
      this.current = this.#leaving = undefined;
    }
    generation.departed = false;
    if (generation.state === 'drains' && !generation.isOverdue) generation.drained = callsLost;
    generation.state = 'lost';
  }

  /** An instance was well, and another one takes its place: what it has served counts. */
  #isReplaced(generation: Generation): void {
    const { served, isOld, settledLate } = generation;
    if (isOld || served || this.rules.mayHaveSettled(generation)) this.breaker.succeeded(isOld || (served && !settledLate));
  }

  /** The event `recycled`: a fresh instance serves in place of one that was well. */
  recycled(from: number, number: number): void {
    const { current } = this;
    if (current !== undefined) {
      if (!this.#bears(current, from)) this.violate(`I2: generation ${from} is recycled, and ${current.name} serves`);
      if (this.#isIn(current)) this.violate(`I2: ${current.name} is recycled in the middle of a turn`);
      this.#isReplaced(current);
      this.#departs(current);
    }
    this.#starts(number);
  }

  /** Calls are admitted again. What was lost meanwhile is made by whoever calls. */
  reopen(): void {
    this.#isStalled = this.current === undefined;
  }

  /** The pauses pass, and whatever else is waited for. */
  passes(): void {
    for (const generation of this.draining) generation.isOverdue = true;
  }

  /** Whether there is, or may still be, anything of it. */
  get isLeft(): boolean {
    return this.#generations.length > 0;
  }

  /** An instance was made before anybody has called, where there was none. */
  isMadeAhead(): void {
    if (this.current === undefined && this.rules.closing === undefined && this.breaker.refuses === 'no') this.#starts(undefined);
  }

  /** Much time passes. */
  ages(): void {
    if (this.current) this.current.called = this.current.isOld = true;
  }

  /** `reset()` has made one, which serves. */
  hasReset(): void {
    void this.#serving;
  }

  /** The event loop has turned: of an instance that was replaced, nothing is left. */
  settle(): void {
    this.departIfDue();
    this.#noticeService();
    if (!this.breaker.isTold()) this.violate(`I2: an event has not come: ${this.breaker.describe()}`);
    this.hadSeat = false;
    for (const generation of this.#generations) {
      if (generation.state === 'replaced') generation.state = 'lost';
      if (generation.drained) this.violate(`I2: ${generation.name} has ended, and has cost ${generation.drained} calls in flight`);
      generation.drained = undefined;
    }
    // One that was seen early is known by its number when the event comes.
    this.#generations = this.#generations.filter((generation) => generation.state !== 'lost' || this.#early.includes(generation));
  }

  /** The event `recovered`. */
  recovered(number: number): void {
    this.recoveries++;
    const early = this.#early.shift();
    if (early) {
      if (!this.#bears(early, number)) this.violate(`I2: generation ${number} has recovered in place of ${early.name}`);
      return;
    }
    if (number <= this.#latest) this.violate(`I2: generation ${number} comes after ${this.#latest}`);
    if (this.current !== undefined) this.violate(`I2: generation ${number} takes the place of ${this.current.name}, which serves`);
    if (this.retired) this.violate('I2: a module that was retired has recovered by itself');
    if (this.#isNew) this.violate('I2: a recovery is told, and nothing was lost');
    if (this.pauses && this.#calls.length === 0 && !this.rules.waits)
      this.violate(`I2: generation ${number} comes before the pause is over`);
    this.#starts(number);
  }

  /** What serves. In a listener, it may do so before the event that says so, which waits for the listener's end. */
  get #serving(): Generation | undefined {
    if (this.current !== undefined || this.retired) return this.current;
    const number = this.#generationNow?.();
    if (number !== undefined && number <= this.#latest) return undefined;
    const isTold = !this.#isNew;
    // Made within this call, and nobody says so.
    const generation = this.#starts(number ?? (isTold ? undefined : this.rules.made));
    if (isTold) this.#early.push(generation);
    return generation;
  }

  #starts(number: number | undefined): Generation {
    const { rules } = this;
    if (this.#member > rules.most) this.violate(`I6: an instance is made in a pool that has ${rules.most} at most`);
    if (
      !this.#generationNow &&
      this.#member === 0 &&
      !rules.isPooled &&
      rules.seatsBeside(this) >= rules.maxInstances &&
      !this.isUsed &&
      !this.hadSeat
    )
      this.violate(`I6: an instance is made beside ${rules.seatsBeside(this)} others, which is as many as there may be`);
    if (!this.#isNew) {
      if (!this.breaker.sawService()) this.violate(`I2: an instance is made while calls are refused: ${this.breaker.describe()}`);
      this.breaker.made(this.#wasLost);
    }
    this.#wasLost = false;
    this.#isNew = false;
    this.#isStalled = false;
    this.#latest = number ?? this.#latest;
    this.current = new Generation(number);
    this.#generations.push(this.current);
    return this.current;
  }

  /** Whether a generation has this number, as far as is known. */
  #fits(generation: Generation, number: number): boolean {
    if (generation.number !== undefined) return generation.number === number;
    const place = this.#generations.indexOf(generation);
    return this.#generations.every(
      (other, index) => other.number === undefined || (index < place ? other.number < number : other.number > number),
    );
  }

  /** The same. From then on it has. */
  #bears(generation: Generation, number: number): boolean {
    if (!this.#fits(generation, number)) return false;
    generation.number = number;
    this.#latest = Math.max(this.#latest, number);
    return true;
  }

  /** An event of the breaker. */
  told(is: NewsName, event: NewsEvent): void {
    const { current } = this;
    const mayHaveServed = current !== undefined && (current.served || current.isOld || this.rules.mayHaveSettled(current));
    if (this.breaker.saw(is, event, mayHaveServed)) return;
    // Nobody can tell when the program looks for idle ones, so that it may be evicted after the pause.
    if (is === 'closed' && this.rules.waits && this.rules.evictsIdle && this.breaker.isOpen === 'yes') {
      this.evict();
      if (this.breaker.saw(is, event, false)) return;
    }
    this.violate(`I2: the event '${is}' comes (${JSON.stringify(event)}): ${this.breaker.describe()}`);
  }

  /** The breaker is told at the latest when the event loop turns, where a call has ended by then; beside calls in flight, by the next call. */
  #noticeService(): void {
    const { current } = this;
    if (current?.served && !current.settledLate && this.rules.owes(current) === 0) this.breaker.succeeded();
  }

  #isCalled(generation: Generation): void {
    generation.called = true;
    this.#resetsWithin = 0;
  }

  /** The event `failure`: of what fails now, or has failed while listeners were running. */
  failed(report: Report): void {
    const { rules } = this;
    rules.failures++;
    const what = `${report.failure.cause ?? report.failure.kind} in generation ${report.generation}`;
    const untold = this.#untold.shift();
    if (untold) {
      rules.untold--;
      this.#holdsFor(untold, report, what);
      return;
    }
    const call = this.#calls.at(-1);
    const failure = call ?? this.#dueFailure(report);
    const generation = call ? (call.inside ?? call.of ?? this.#serving) : (failure as DueFailure | undefined)?.generation;
    if (!failure?.failing || generation === undefined) {
      this.violate(`I2: a failure that nobody expects is reported: ${what}`);
      return;
    }
    if (call ? call.failed : (failure as DueFailure).report) this.violate(`I1: a failure is reported twice: ${what}`);
    if (!call) (failure as DueFailure).report = report;
    if (generation.state === 'lost' && generation.drained === undefined)
      this.violate(`I3: a failure of a lost instance is reported: ${what}`);
    const recovery = call ? this.#failsIn(call, failure.failing, generation) : this.#decide(generation, failure.failing);
    this.#holdsFor({ generation, failing: failure.failing, recovery }, report, what);
  }

  #holdsFor({ generation, failing, recovery }: Told, report: Report, what: string): void {
    if (failing === undefined || generation === undefined) {
      this.violate(`I2: a failure that nobody expects is reported: ${what}`);
      return;
    }
    if (!isReportOf(failing, report)) this.violate(`I1: the report says ${what}, and not ${describeFailing(failing)}`);
    if (!this.#bears(generation, report.generation)) this.violate(`I1: the report names generation ${report.generation}`);
    if (recovery !== undefined && report.recovery !== recovery)
      this.violate(`I2: the report says ${report.recovery} in place of ${recovery}`);
    if (recovery === undefined && !this.breaker.sawReport(report.recovery === 'fresh'))
      this.violate(`I2: the report says ${report.recovery}: ${this.breaker.describe()}`);
  }

  /** A call in a listener has ended. The module has counted a failure in it, of which the event has still to come. */
  #noteUntold(call: Call): void {
    // Whatever the call gave, it may have brought about an instance.
    if (this.#generationNow || (call.entersBy === 'façade' && !call.inside)) void this.#serving;
    const { rules } = this;
    const untold = this.#failuresNow() - rules.failures - rules.untold;
    if (untold === 0) return;
    if (untold > 1 || call.failed) this.violate('I1: a failure in a listener is reported twice');
    const generation = call.inside ?? call.of ?? this.current;
    const { failing } = call;
    const recovery = failing && generation && this.#failsIn(call, failing, generation);
    this.#untold.push({ generation, failing, recovery });
    rules.untold++;
  }

  #failsIn(call: Call, failing: Failing, generation: Generation): string | undefined {
    call.failed = generation;
    call.redacted = this.rules.redacts;
    if (call.outside) this.#isCalled(generation);
    if (failing.class === 'foreign') call.tainted = generation;
    return this.#decide(generation, failing);
  }

  #dueFailure(report: Report): DueFailure | undefined {
    const due = [...this.due].filter(
      ({ generation, report: earlier }) => !earlier && (generation.number ?? report.generation) === report.generation,
    );
    return (
      due.find(
        ({ failing, generation }) => (generation.state !== 'lost' || generation.drained !== undefined) && isReportOf(failing, report),
      ) ?? due[0]
    );
  }

  /** Gives what the report has to say of the recovery, where that is known. */
  #decide(generation: Generation, failing: Failing): string | undefined {
    const recovery = this.#recoveryFrom(failing);
    if (recovery === 'keep') return 'keep';
    const served = generation === this.current;
    const leaves = served && generation === this.#leaving;
    generation.state = 'lost';
    // That was why it has ended.
    generation.drained = undefined;
    // Which value that is, shows when the call ends.
    if (failing.class === 'foreign') generation.lostTo = { value: undefined };
    if (served) this.current = undefined;
    // What becomes of an instance that was replaced, or evicted, decides nothing for those after it.
    if (!served || leaves) return 'fresh';
    this.#wasLost = true;
    this.#fails(generation, recovery === 'retire');
    const { refuses } = this.breaker;
    return refuses === 'maybe' ? undefined : refuses === 'yes' ? 'retire' : 'fresh';
  }

  /** The instance that serves ends; where nobody has called it, that counts as a failure. */
  #fails(generation: Generation, givesUp: boolean): void {
    const { called, isOld, served } = generation;
    this.breaker.failed(!called, isOld || served ? 'yes' : this.rules.mayHaveSettled(generation) ? 'maybe' : 'no', givesUp);
  }

  #recoveryFrom(failing: Failing): 'keep' | 'fresh' | 'retire' {
    if (failing.class === 'unwound') return 'keep';
    const { decides, foreign } = this.rules;
    if (decides === 'fresh' || decides === 'retire') return decides;
    if (failing.class === 'aborted') return 'fresh';
    if (decides === 'keep') return 'keep';
    return foreign === 'recover' ? 'fresh' : 'keep';
  }
}

const CLOSED: Expected = {
  is: 'one-of',
  of: [
    { is: 'error', code: 'REVIVE_DRAINING' },
    { is: 'error', code: 'REVIVE_DISPOSED' },
  ],
};

const REFUSED: Expected = { is: 'error', code: 'REVIVE_CRASH_LOOP' };
