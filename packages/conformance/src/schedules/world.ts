/** The module that a schedule runs on, with what the program holds of it. */
import type { Control, Fixtures } from '../runner/fixtures.ts';
import { KINDS, type PanicMode } from '../runner/kinds.ts';
import type { Runtime } from '../runner/runtime.ts';
import { BACKOFF_MS, MAX_BACKOFF_MS, WITHIN_MS } from './breaker.ts';
import type { Clock } from './clock.ts';
import type { Failing } from './generation.ts';
import { Home } from './home.ts';
import { Model } from './model.ts';
import { leastInFlight } from './pool.ts';
import { Rules } from './rules.ts';

/** The keys of the siblings, by what a printed schedule calls them. */
const KEYS: Readonly<Record<string, unknown>> = { a: 'a', b: 'b', c: { toString: () => 'an object' } };

/** The instances of a pool beside the default one, as reports call them. */
const MEMBERS = ['pool 2', 'pool 3'] as const;

/** What the program takes out of messages it puts in front of keys. */
const REDACTED = 'redacted ';

/** See the file. */
export class World {
  readonly control: Control;
  readonly panic: PanicMode;
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** The default instance, and the siblings. */
  readonly homes: readonly [Home, ...Home[]];
  /** The instances of a pool beside the default one. */
  readonly members: readonly Home[];
  /** Of the schedule that runs. */
  rules: Rules;
  /** How often `onFailure` was called. */
  reported = 0;
  /** What `onFailure` does besides. */
  onFailure: ((report: object) => unknown) | undefined;
  /** How many listeners Rust has left with it. */
  readonly target = new CountingTarget();
  #failuresBefore = 0;
  #recoveriesBefore = 0;
  #hasPlugin = false;

  constructor(ns: Fixtures, panic: PanicMode, runtime: Runtime, clock: Clock) {
    this.control = ns.__revive;
    this.panic = panic;
    this.runtime = runtime;
    this.clock = clock;
    this.rules = new Rules(clock.now);
    const { control } = this;
    const home = (label: string, key: unknown, exports: Fixtures): Home => new Home(label, key, exports, ns, this.#newModel(label, key));
    this.homes = [home('ns', undefined, ns), ...Object.entries(KEYS).map(([label, key]) => home(label, key, control.instance(key)))];
    this.members = MEMBERS.map((name, index) => new Home(name, name, ns, ns, this.#newModel(name, name, index + 2), true));
    control.use({
      name: 'witness',
      instantiated: ({ generation }) => {
        this.rules.made = generation;
      },
    });
    // Before all listeners of schedules, so that the models know of an event when they act.
    control.on('failure', (report) => this.#named(report.instance)?.failed(report));
    control.on('recovered', ({ generation, instance }) => this.#named(instance)?.recovered(generation));
    control.on('retired', (error) => this.#named(/, instance "([^"]*)",/.exec(String(error))?.[1])?.told('retired', {}));
    control.on('opened', ({ instance, attempt, retryAfter }) => this.#named(instance)?.told('opened', { attempt, retryAfter }));
    control.on('probing', ({ instance, attempt }) => this.#named(instance)?.told('probing', { attempt }));
    control.on('closed', ({ instance }) => this.#named(instance)?.told('closed', {}));
    control.on('drained', ({ generation, callsLost, instance }) => this.#named(instance)?.drained(generation, callsLost));
    control.on('recycled', ({ from, generation, instance }) => this.#named(instance)?.recycled(from, generation));
    control.on('stale', ({ instance }) => {
      const model = this.#named(instance);
      if (model) model.staleEvents++;
    });
  }

  /** The instance that a step is about. */
  home(index: number): Home {
    return this.homes[index % this.homes.length] as Home;
  }

  /** All places where instances are. */
  get all(): readonly Home[] {
    return [...this.homes, ...this.members];
  }

  /** Where a step's call goes. In a pool, a call that is made in the middle of another stays there. Undefined where nobody can know. */
  at(index: number): Home | undefined {
    const home = this.home(index);
    if (this.rules.most > 1 && home === this.default) return this.#pooled();
    const entered = this.rules.isPooled ? this.entered : undefined;
    if (entered === undefined) return home;
    this.rules.elsewhere = home;
    return entered;
  }

  /** The instance whose call JavaScript is in the middle of. */
  get entered(): Home | undefined {
    return this.all.find(({ model }) => model.isEntered);
  }

  /** Those that share the module's own exports. */
  get pool(): readonly Home[] {
    return [this.default, ...this.members.slice(0, this.rules.most - 1)];
  }

  /** Where a call of the module's own exports goes that owes least. */
  #pooled(): Home | undefined {
    const { pool, rules } = this;
    const entered = pool.find(({ model }) => model.isEntered);
    if (entered) return entered;
    // How many a generation owes is not known while some are due, nor what listeners have not been told yet.
    const isUnknown = ({ model }: Home): boolean =>
      (model.mayBeRetired && !model.retired) || (model.current === undefined ? rules.within > 0 : rules.isDue(model.current));
    if (pool.some(isUnknown)) return undefined;
    const members = pool.map(({ model }) => ({
      serves: model.current !== undefined,
      owes: model.current ? rules.owes(model.current) : 0,
      mayBeMade: !model.mayBeRetired,
    }));
    const chosen = pool[leastInFlight(members)];
    // What listeners do while an instance is made there, may end it: then whoever serves takes the call.
    return chosen?.model.isMissing && rules.mayAct() ? undefined : chosen;
  }

  get default(): Home {
    return this.homes[0];
  }

  get violations(): readonly string[] {
    return this.rules.violations;
  }

  #newModel(label: string, key: unknown, member = 0): Model {
    const failures = (): number => this.control.stats.failures - this.#failuresBefore;
    return new Model(this.rules, label, failures, key === undefined ? () => this.control.generation : undefined, member);
  }

  /** The model of the instance that an event names. */
  #named(instance: string | undefined): Model | undefined {
    if (this.rules.within > 0) this.rules.violations.push('I1: an event comes while a listener is still being called');
    const name = instance?.startsWith(REDACTED) ? instance.slice(REDACTED.length) : instance;
    const home = this.all.find(({ key }) => (key === undefined ? name === undefined : String(key) === name));
    if (home === undefined) this.rules.violations.push(`I1: an event names instance ${JSON.stringify(instance)}, which there isn't`);
    return home?.model;
  }

  /** Starts a schedule: new models, and an instance that nobody has used. */
  async begin(): Promise<void> {
    this.configureDefaults();
    for (const { key, isSibling } of this.homes) if (isSibling) this.control.evict(key);
    this.control.reset();
    // What is left of the schedule before.
    this.clock.pass();
    await this.runtime.turn();
    this.rules = new Rules(this.clock.now);
    const { failures, recoveries } = this.control.stats;
    [this.#failuresBefore, this.#recoveriesBefore] = [failures, recoveries];
    for (const home of this.all) {
      home.model = this.#newModel(home.label, home.key, home.isMember ? this.members.indexOf(home) + 2 : 0);
      home.stale = 0;
      if (home.isSibling) this.rules.seats.push(home.model);
    }
    this.reported = 0;
    this.onFailure = undefined;
    this.default.model.reset();
    this.control.reset();
    this.runtime.takeUncaught();
    globalThis.wasmReviveRanOn = undefined;
  }

  /** Options and decisions as they are where nobody has asked for others. */
  configureDefaults(): void {
    this.control.configure({
      // Schedules fail more often than they go well.
      consecutiveFailures: Number.POSITIVE_INFINITY,
      maxRestarts: Number.POSITIVE_INFINITY,
      withinMs: WITHIN_MS,
      backoffMs: BACKOFF_MS,
      maxBackoffMs: MAX_BACKOFF_MS,
      foreignExceptions: 'keep',
      staleClosures: 'ignore',
      maxInstances: 64,
      idleMs: Number.POSITIVE_INFINITY,
      recycle: undefined,
      pool: undefined,
      redact: (text) => text,
      onFailure: (report) => {
        this.reported++;
        return this.onFailure?.(report) as undefined;
      },
    });
  }

  /** Has texts redacted, keys by {@link REDACTED}. */
  redact(redacts: boolean): void {
    const keys = this.all.map(({ key }) => String(key));
    this.rules.redacts = redacts;
    this.control.configure({ redact: (text) => (!this.rules.redacts ? text : keys.includes(text) ? `${REDACTED}${text}` : 'redacted') });
  }

  /** A plugin that decides as the model says; added when a schedule first asks for it. */
  usePlugin(): void {
    if (this.#hasPlugin) return;
    this.#hasPlugin = true;
    this.control.use({
      name: 'policy',
      failed: (...[, failure]: [unknown?, { kind: string }?]) => {
        const { decides } = this.rules;
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

  /** What the control handle says, at a moment at which no call runs. */
  checkAccounts(): void {
    const { control, rules } = this;
    const { model } = this.default;
    const { failures, recoveries } = control.stats;
    const sum = (of: (model: Model) => number): number => this.all.reduce((total, home) => total + of(home.model), 0);
    const accounts: readonly (readonly [string, number, number])[] = [
      ['failures counted', failures - this.#failuresBefore, rules.failures],
      ['recoveries counted', recoveries - this.#recoveriesBefore, sum(({ recoveries: all }) => all)],
      ['calls of onFailure', this.reported, rules.failures],
    ];
    for (const [what, found, wanted] of accounts) if (found !== wanted) model.violate(`I1: ${what}: ${found} in place of ${wanted}`);
    const states = rules.closing ? [rules.closing, 'disposed'] : model.current ? ['running'] : model.statesWithout;
    if (!states.includes(control.state)) model.violate(`I2: the state is ${control.state} in place of ${states.join(' or ')}`);
    if (model.current && control.generation !== model.current.number) model.violate(`I2: the generation is ${control.generation}`);
    for (const { isSibling, key, own, label, stale, model: of } of this.all) {
      if (isSibling && control.instance(key) !== own) of.violate(`I4: instance(${label}) gives another one for the same key`);
      // Closures that Rust gave to promises and to the event loop are among them, too.
      if (of.staleEvents < stale) of.violate(`I4: ${of.staleEvents} events 'stale' in place of ${stale}`);
    }
  }
}

/** Counts the listeners that it has. */
class CountingTarget extends EventTarget {
  listeners = 0;

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners++;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners--;
    super.removeEventListener(...args);
  }
}
