/** Runs a schedule on a module, and holds everything that comes of it against the model. */
import { show } from '../runner/checks.ts';
import { until } from '../runner/runtime.ts';
import { failingWays, innocent } from './calls.ts';
import type { Outcome } from './expected.ts';
import { Flights } from './flights.ts';
import type { Call, Generation } from './generation.ts';
import type { Home } from './home.ts';
import { LIMITS } from './limits.ts';
import { Management } from './management.ts';
import type { At, CALLS, Ending, FAIL_WAYS, Schedule, Step } from './steps.ts';
import { Things } from './things.ts';
import { makeThrown } from './thrown.ts';
import type { World } from './world.ts';

type Of<D extends Step['do']> = Extract<Step, { do: D }>;

/** How many steps were made since the process began. */
export const made = { steps: 0, schedules: 0 };

/** Runs one schedule. Returns what was wrong; empty where nothing is. */
export async function runSchedule(world: World, schedule: Schedule): Promise<readonly string[]> {
  made.schedules++;
  await world.begin();
  const driver = new Driver(world);
  const { error: consoleError } = console;
  // What listeners and plugins of schedules throw is complained of.
  console.error = () => {};
  try {
    for (const step of schedule.steps) {
      await driver.outermost(step, schedule.asks);
      if (world.violations.length > 0) break;
    }
    await driver.end();
  } catch (error) {
    world.default.model.violate(`the schedule can't be run to its end: ${error instanceof Error ? error.stack : show(error)}`);
  } finally {
    driver.stop();
    console.error = consoleError;
  }
  return world.violations;
}

class Driver {
  readonly #world: World;
  readonly #things: Things;
  readonly #flights: Flights;
  readonly #management: Management;
  readonly #stops: (() => void)[] = [];
  /** Listeners for what comes of making an instance, which have still to act. */
  readonly #acting = new Set<object>();
  /** Steps that the event loop has still to make. */
  #later = 0;

  constructor(world: World) {
    this.#world = world;
    this.#flights = new Flights(world);
    world.rules.owes = (generation) => this.#flights.owedBy(generation);
    world.rules.isDue = (generation) => this.#flights.isDue(generation);
    world.rules.mayAct = () => this.#acting.size > 0;
    world.rules.mayHaveSettled = (generation) => this.#flights.mayHaveSettled(generation);
    this.#things = new Things(world, (generation) => this.#flights.waits(generation));
    this.#management = new Management(world, this.#flights);
  }

  async outermost(step: Step, asks: boolean): Promise<void> {
    // How many promises each instance of a pool owes is known then.
    if (this.#world.rules.most > 1 && this.#world.pool.some(({ model: { current } }) => current && this.#flights.isDue(current)))
      await this.#turn(false);
    if (step.do === 'turn' || step.do === 'wait') await this.#turn(step.do === 'wait');
    else if (step.do === 'idle') {
      // Before, too: what is due happens before much time passes.
      await this.#turn(false);
      this.#management.idle(step.long);
      // When each was called last is known then.
      for (const home of this.#callable) if (home.model.isUsed) this.#call('count', home);
      await this.#turn(false);
    } else if (step.do === 'collect') {
      this.#world.runtime.gc?.();
      await this.#turn(false);
    } else this.#run([step]);
    if (asks) {
      // Of a sibling that there isn't, it would make one.
      for (const home of this.#callable) if (!home.isSibling || home.model.isUsed) this.#call('count', home);
    }
    this.#world.checkAccounts();
  }

  /** Those that can be called by themselves. */
  get #callable(): readonly Home[] {
    const pooled = this.#world.at(0);
    return [...(pooled ? [pooled] : []), ...this.#world.homes.slice(1)];
  }

  /** Everything settles, and the module serves. */
  async end(): Promise<void> {
    // Twice, for what happens meanwhile may wait for others; and as often again as listeners may have begun something that is waited for.
    for (let times = 0; times < 2 || (times <= LIMITS.listenerActs && this.#management.isWaiting); times++) {
      this.#flights.settleAll();
      await this.#turn(true);
    }
    if (this.#world.violations.length > 0) return;
    this.#management.configure('no-pool');
    this.#management.end();
    for (const home of this.#world.homes) {
      if (home.model.mayBeRetired) this.#management.renew(home);
      if (!home.isSibling || home.model.isUsed) this.#call('bump', home);
    }
    await this.#turn(true);
    this.#world.checkAccounts();
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#world.onFailure = undefined;
  }

  /** Makes steps one after the other. Returns what the last of them got. */
  #run(steps: readonly Step[]): Outcome | undefined {
    let last: Outcome | undefined;
    for (const step of steps) {
      made.steps++;
      last = this.#step(step);
      // A step that found nothing to call leaves its own behind.
      this.#world.rules.elsewhere = undefined;
    }
    return last;
  }

  #step(step: Step): Outcome | undefined {
    if ('at' in step && step.do !== 'evict') {
      const home = this.#world.at(step.at);
      return home && this.#stepAt(step, home);
    }
    return this.#other(step);
  }

  #stepAt(step: Exclude<Extract<Step, At>, Of<'evict'>>, home: Home): Outcome | undefined {
    switch (step.do) {
      case 'call':
        return this.#call(step.what, home);
      case 'fail':
        return this.#fail(step.way, step.kind, home);
      case 'throw':
        return this.#throw(step, home);
      case 'nest':
        return this.#nest(step, home);
      case 'make':
        return this.#things.make(step.what, home);
      case 'use':
        return this.#things.use(step.which, step.how, step.kind, home);
      case 'start':
        return this.#flights.start(step.what, step.gate, step.kind, home);
      case 'call-back':
        return this.#callBack(step, home);
      case 'register':
        return this.#register(home);
    }
  }

  #other(step: Exclude<Step, At> | Of<'evict'>): undefined {
    switch (step.do) {
      case 'settle':
        return void this.#flights.settle(step.gate, step.how);
      case 'later':
        return void this.#doLater(step);
      case 'listen':
        return void this.#listen(step);
      case 'stop-listening':
        return void this.#stops[step.which % Math.max(1, this.#stops.length)]?.();
      case 'reset':
        return void this.#management.renew(this.#world.default);
      case 'evict':
        return void (step.drains ? this.#management.drain(this.#world.home(step.at)) : this.#management.renew(this.#world.home(step.at)));
      case 'close':
        return void this.#management.close(step.how);
      case 'configure':
        return void this.#management.configure(step.option);
      case 'plugin':
        this.#world.usePlugin();
        this.#world.rules.decides = step.decides;
        return undefined;
      case 'turn':
      case 'wait':
      case 'idle':
      case 'collect':
        throw new Error('The event loop turns between outermost steps only.');
    }
  }

  #call(what: (typeof CALLS)[number], home: Home): Outcome {
    const { ns, model } = home;
    const [run, value] = innocent(ns, what, () => model.between());
    return home.call(what, run, () => model.outcomeOf((generation) => ({ is: 'value', value: value(generation) })));
  }

  #fail(way: (typeof FAIL_WAYS)[number], kind: string, home: Home): Outcome {
    const { ns, model } = home;
    const failing = this.#world.failing(kind);
    const arm = failingWays(ns)[way];
    // Not every way enters Rust before it fails.
    const armed = home.call(
      `arming ${way}`,
      () => arm(kind),
      (_, { threw, value }) => (threw ? model.outcomeOf(() => ({ is: 'value', value })) : { is: 'value', value }),
      undefined,
      way === 'fail' || way === 'static' || way === 'constructor' ? 'itself' : 'façade',
    );
    if (armed.threw) return armed;
    const fire = armed.value as () => unknown;
    return home.call(
      `${way} of ${kind}`,
      fire,
      (call, { value }) => (failing ? model.outcomeOfFailure(call) : model.outcomeOf(() => ({ is: 'value', value }))),
      // What a destructor panics with is told by the engine, without its words.
      failing?.class === 'unwound' && way === 'drop' ? { ...failing, message: /(?:)/ } : failing,
      way === 'once' ? 'itself' : 'façade',
      way === 'once' ? model.current : undefined,
    );
  }

  #throw(step: Of<'throw'>, home: Home): Outcome {
    const { ns, model } = home;
    const value = makeThrown(step.value);
    return home.call(
      'throw_value',
      () => ns.throw_value(value),
      () => model.outcomeOf(() => ({ is: 'thrown', value })),
    );
  }

  #nest({ way, inside, end }: Of<'nest'>, home: Home): Outcome {
    const { ns, model } = home;
    const token = {};
    const run = (call: Call): unknown => {
      call.isDeep = way === 'nested_deep';
      const callback = (): unknown => {
        model.enter(call);
        return this.#inTheMiddle(home, call, inside, end, token, way === 'nested_catching');
      };
      if (way === 'nested_deep') return ns.nested_deep(callback, 3);
      if (way !== 'with') return ns[way](callback);
      const counter = new ns.Counter(1);
      model.between();
      return counter.with(callback);
    };
    return home.call(way, run, (call) => model.outcomeOfNested(call, token, way === 'nested_catching'));
  }

  /** What JavaScript does in the middle of a call. */
  #inTheMiddle(home: Home, call: Call, inside: readonly Step[], end: Ending, returns: unknown, catches: boolean): unknown {
    const last = this.#run(inside);
    if (end === 'return' || (end === 'rethrow' && !last?.threw)) return returns;
    const value = end === 'rethrow' ? last?.value : makeThrown(end);
    if (catches) call.thrown = { value };
    else home.model.throwInto(call, value, end === 'rethrow' && last?.reported === true);
    throw value;
  }

  /** A call in flight whose poll calls JavaScript. */
  #callBack({ inside, end }: Of<'call-back'>, home: Home): Outcome {
    const { ns, model } = home;
    let generation: Generation | undefined;
    let ran: Call | undefined;
    const next = (): unknown => {
      const call = model.begin(undefined, 'itself');
      ran = call;
      let outcome: Outcome = { threw: false, value: undefined };
      try {
        model.enter(call, generation);
        return this.#inTheMiddle(home, call, inside, end, undefined, true);
      } catch (error) {
        outcome = { threw: true, value: error };
        throw error;
      } finally {
        model.end(call, outcome);
      }
    };
    const ends = () => (ran?.thrown ? ({ how: 'rejects', value: ran.thrown.value } as const) : ({ how: 'resolves', value: 1 } as const));
    const outcome = this.#flights.take(home, 'wait_often', () => ns.wait_often(next, 1), undefined, ends);
    generation = model.current;
    return outcome;
  }

  #doLater({ by, inside }: Of<'later'>): void {
    this.#later++;
    const run = (): void => {
      this.#later--;
      this.#run(inside);
    };
    if (by === 'microtask') queueMicrotask(run);
    else if (by === 'promise') void Promise.resolve().then(run);
    else setTimeout(run, 0);
  }

  #listen({ to, times, inside, end }: Of<'listen'>): void {
    let left = times;
    let stop = (): void => {};
    const acts = {};
    if (to === 'recovered' || to === 'retired') this.#acting.add(acts);
    const listener = (event: unknown): unknown => {
      if (left-- <= 0) return undefined;
      if (left === 0) this.#acting.delete(acts);
      this.#world.rules.within++;
      try {
        this.#run(inside);
      } finally {
        this.#world.rules.within--;
      }
      switch (end) {
        case 'return':
          return undefined;
        case 'throw':
          throw new Error('the listener is broken');
        case 'throw-later':
          return Promise.reject(new Error('the listener is broken, asynchronously'));
        case 'stop':
          return stop();
        case 'spoil':
          // Of the error that callers get too, it would be the program's own doing.
          return to === 'retired' ? undefined : spoil(event);
      }
    };
    if (to === 'onFailure') {
      this.#world.onFailure = listener;
      stop = () => {
        this.#world.onFailure = undefined;
      };
    } else {
      const off = this.#world.control.on(to as 'stale', listener);
      stop = () => {
        this.#acting.delete(acts);
        off();
      };
    }
    this.#stops.push(() => stop());
  }

  /** Rust leaves a listener with the host. */
  #register(home: Home): Outcome {
    const { ns, model } = home;
    const { target } = this.#world;
    return home.call(
      'leaving a listener',
      () => {
        const closure = ns.counting_closure();
        model.between();
        return ns.pass_on('listener', target, closure);
      },
      (_, { value }) =>
        model.outcomeOf((generation) => {
          generation.listeners++;
          return { is: 'value', value };
        }),
    );
  }

  /** Lets the event loop do all that is due. @param waits whether the pauses pass, too, after which a module that nobody calls is made anew */
  async #turn(waits: boolean): Promise<void> {
    const { runtime, clock, all: homes, default: own, rules, target } = this.#world;
    const comes = ({ model }: Home): boolean => model.isDue && (waits || !model.pauses);
    const recovers = (): boolean => homes.some(comes);
    const drains = (): boolean => homes.some(({ model }) => model.draining.some((one) => this.#flights.owedBy(one) === 0));
    const quiet = (): boolean => this.#later === 0 && this.#flights.quiet && !recovers() && !drains();
    await runtime.turn();
    for (const { model } of homes) model.departIfDue();
    // What comes in the turn after that may have an instance recycled, which lives for another turn.
    const staysQuiet = async (): Promise<boolean> => {
      if (quiet()) await runtime.turn();
      return quiet();
    };
    for (let turns = 0; !(await staysQuiet()) && turns < LIMITS.turns; turns++) {
      if (waits) {
        rules.waits = true;
        for (const { model } of homes) model.passes();
        clock.pass();
        rules.waits = false;
      }
      // Timers and recoveries that wait for another turn of the event loop.
      if (this.#later > 0 || recovers() || drains()) await new Promise((resolve) => setTimeout(resolve, 1));
      await until(runtime, quiet, 3);
    }
    for (const { model } of homes) model.settle();
    this.#flights.check();
    for (const { model } of homes) {
      if (model.isDue && (waits || !model.pauses)) model.violate('I2: nothing serves, though the event loop has turned');
    }
    for (const { model } of homes) {
      const left = model.draining.find((one) => this.#flights.owedBy(one) === 0);
      if (left) model.violate(`I5: ${left.name} is still there, and has finished its calls in flight`);
    }
    const left = homes.flatMap(({ model }) => [...model.draining, ...(model.current ? [model.current] : [])]);
    const listeners = left.reduce((sum, one) => sum + one.listeners, 0);
    if (target.listeners !== listeners) own.model.violate(`I6: the host has ${target.listeners} listeners in place of ${listeners}`);
    const uncaught = runtime.takeUncaught();
    if (uncaught.length > 0) own.model.violate(`I5: reaches the process: ${uncaught.map(show).join('; ')}`);
  }
}

/** Makes what a listener is given unfit for being written to. */
function spoil(event: unknown): void {
  if (typeof event !== 'object' || event === null) return;
  for (const name of Object.keys(event)) {
    // By which the model knows it.
    if (name === 'generation') continue;
    Reflect.defineProperty(event, name, {
      get: () => undefined,
      set() {
        throw new Error('spoilt');
      },
    });
  }
}
