/** Runs a schedule on a module, and holds everything that comes of it against the model. */
import { codeOf, show } from '../runner/checks.ts';
import type { Fixtures } from '../runner/fixtures.ts';
import { until } from '../runner/runtime.ts';
import type { Outcome } from './expected.ts';
import { Flights } from './flights.ts';
import { LIMITS } from './limits.ts';
import type { Call, Generation } from './model.ts';
import type { CALLS, Ending, FAIL_WAYS, Option, Schedule, Step } from './steps.ts';
import { Things } from './things.ts';
import { makeThrown } from './thrown.ts';
import type { World } from './world.ts';

type Of<D extends Step['do']> = Extract<Step, { do: D }>;

/** How many steps were made since the process began. */
export const made = { steps: 0, schedules: 0 };

/** Runs one schedule. Returns what was wrong; empty where nothing is. */
export async function runSchedule(world: World, schedule: Schedule): Promise<readonly string[]> {
  made.schedules++;
  world.begin();
  const driver = new Driver(world);
  const { error: consoleError } = console;
  // What listeners and plugins of schedules throw is complained of.
  console.error = () => {};
  try {
    for (const step of schedule.steps) {
      await driver.outermost(step, schedule.asks);
      if (world.model.violations.length > 0) break;
    }
    await driver.end();
  } catch (error) {
    world.model.violate(`the schedule can't be run to its end: ${error instanceof Error ? error.stack : show(error)}`);
  } finally {
    driver.stop();
    console.error = consoleError;
  }
  return world.model.violations;
}

class Driver {
  readonly #world: World;
  readonly #things: Things;
  readonly #flights: Flights;
  readonly #stops: (() => void)[] = [];
  /** Steps that the event loop has still to make. */
  #later = 0;

  constructor(world: World) {
    this.#world = world;
    this.#things = new Things(world);
    this.#flights = new Flights(world);
  }

  async outermost(step: Step, asks: boolean): Promise<void> {
    if (step.do === 'turn' || step.do === 'wait') await this.#turn(step.do === 'wait');
    else if (step.do === 'collect') {
      this.#world.runtime.gc?.();
      await this.#turn(false);
    } else this.#run([step]);
    if (asks) this.#call('count');
    this.#world.checkAccounts();
    const { model } = this.#world;
    // Closures that Rust gave to promises and to the event loop are among them, too.
    if (model.staleEvents < this.#things.stale) model.violate(`I4: ${model.staleEvents} events 'stale' in place of ${this.#things.stale}`);
  }

  /** Everything settles, and the module serves. */
  async end(): Promise<void> {
    this.#flights.settleAll();
    await this.#turn(true);
    if (this.#world.model.violations.length > 0) return;
    if (this.#world.model.retired) this.#reset();
    this.#call('bump');
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
    }
    return last;
  }

  #step(step: Step): Outcome | undefined {
    switch (step.do) {
      case 'call':
        return this.#call(step.what);
      case 'fail':
        return this.#fail(step.way, step.kind);
      case 'throw':
        return this.#throw(step);
      case 'nest':
        return this.#nest(step);
      case 'make':
        return this.#things.make(step.what);
      case 'use':
        return this.#things.use(step.which, step.how, step.kind);
      case 'start':
        return this.#flights.start(step.what, step.gate, step.kind);
      case 'call-back':
        return this.#callBack(step);
      case 'settle':
        return void this.#flights.settle(step.gate, step.how);
      case 'later':
        return void this.#doLater(step);
      case 'listen':
        return void this.#listen(step);
      case 'stop-listening':
        return void this.#stops[step.which % Math.max(1, this.#stops.length)]?.();
      case 'reset':
        return void this.#reset();
      case 'configure':
        return void this.#configure(step.option);
      case 'plugin':
        this.#world.usePlugin();
        this.#world.model.decides = step.decides;
        return undefined;
      case 'turn':
      case 'wait':
      case 'collect':
        throw new Error('The event loop turns between outermost steps only.');
    }
  }

  #call(what: (typeof CALLS)[number]): Outcome {
    const { ns, model } = this.#world;
    const [run, value] = innocent(ns, what);
    return this.#world.call(what, run, () => model.outcomeOf((generation) => ({ is: 'value', value: value(generation) })));
  }

  #fail(way: (typeof FAIL_WAYS)[number], kind: string): Outcome {
    const { ns, model } = this.#world;
    const failing = this.#world.failing(kind);
    const arm = failingWays(ns)[way];
    // Not every way enters Rust before it fails.
    const armed = this.#world.call(
      `arming ${way}`,
      () => arm(kind),
      (_, { threw, value }) => (threw ? model.outcomeOf(() => ({ is: 'value', value })) : { is: 'value', value }),
    );
    if (armed.threw) return armed;
    const fire = armed.value as () => unknown;
    return this.#world.call(
      `${way} of ${kind}`,
      fire,
      (call, { value }) => (failing ? model.outcomeOfFailure(call) : model.outcomeOf(() => ({ is: 'value', value }))),
      // What a destructor panics with is told by the engine, without its words.
      failing?.class === 'unwound' && way === 'drop' ? { ...failing, message: /(?:)/ } : failing,
    );
  }

  #throw(step: Of<'throw'>): Outcome {
    const { ns, model } = this.#world;
    const value = makeThrown(step.value);
    return this.#world.call(
      'throw_value',
      () => ns.throw_value(value),
      () => model.outcomeOf(() => ({ is: 'thrown', value })),
    );
  }

  #nest({ way, inside, end }: Of<'nest'>): Outcome {
    const { ns, model } = this.#world;
    const token = {};
    const run = (call: Call): unknown => {
      const callback = (): unknown => {
        model.enter(call);
        return this.#inTheMiddle(call, inside, end, token, way === 'nested_catching');
      };
      if (way === 'nested_deep') return ns.nested_deep(callback, 3);
      return way === 'with' ? new ns.Counter(1).with(callback) : ns[way](callback);
    };
    return this.#world.call(way, run, (call) => model.outcomeOfNested(call, token, way === 'nested_catching'));
  }

  /** What JavaScript does in the middle of a call. */
  #inTheMiddle(call: Call, inside: readonly Step[], end: Ending, returns: unknown, catches: boolean): unknown {
    const last = this.#run(inside);
    if (end === 'return' || (end === 'rethrow' && !last?.threw)) return returns;
    const value = end === 'rethrow' ? last?.value : makeThrown(end);
    if (catches) call.thrown = { value };
    else this.#world.model.throwInto(call, value, end === 'rethrow' && last?.reported === true);
    throw value;
  }

  /** A call in flight whose poll calls JavaScript. */
  #callBack({ inside, end }: Of<'call-back'>): Outcome {
    const { ns, model } = this.#world;
    let generation: Generation | undefined;
    let ran: Call | undefined;
    const next = (): unknown => {
      const call = model.begin(undefined, 'itself');
      ran = call;
      let outcome: Outcome = { threw: false, value: undefined };
      try {
        model.enter(call, generation);
        return this.#inTheMiddle(call, inside, end, undefined, true);
      } catch (error) {
        outcome = { threw: true, value: error };
        throw error;
      } finally {
        model.end(call, outcome);
      }
    };
    const ends = () => (ran?.thrown ? ({ how: 'rejects', value: ran.thrown.value } as const) : ({ how: 'resolves', value: 1 } as const));
    const outcome = this.#flights.take('wait_often', () => ns.wait_often(next, 1), undefined, ends);
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
    const listener = (event: unknown): unknown => {
      if (left-- <= 0) return undefined;
      this.#world.model.within++;
      try {
        this.#run(inside);
      } finally {
        this.#world.model.within--;
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
      stop = this.#world.control.on(to as 'stale', listener);
    }
    this.#stops.push(() => stop());
  }

  #reset(): void {
    const { model, control } = this.#world;
    const takeBack = model.reset();
    try {
      control.reset();
      model.hasReset();
    } catch (error) {
      if (takeBack && codeOf(error) === 'REVIVE_CRASH_LOOP') takeBack();
      else model.violate(`I2: reset() throws ${show(error)}`);
    }
  }

  #configure(option: Option): void {
    const { model, control } = this.#world;
    switch (option) {
      case 'foreign-keep':
      case 'foreign-recover':
        model.foreign = option === 'foreign-keep' ? 'keep' : 'recover';
        control.configure({ foreignExceptions: model.foreign });
        break;
      case 'ignore':
      case 'throw':
        model.staleClosures = option;
        control.configure({ staleClosures: option });
        break;
      case 'redact':
      case 'show':
        model.redacts = option === 'redact';
        control.configure({ redact: (text) => (model.redacts ? 'redacted' : text) });
        break;
      case 'limit':
      case 'no-limit': {
        if (model.current === undefined) break;
        const maxRestarts = option === 'limit' ? 2 : Number.POSITIVE_INFINITY;
        model.limit(maxRestarts);
        control.configure({ maxRestarts, withinMs: 1e9 });
      }
    }
  }

  /** Lets the event loop do all that is due. @param waits whether the pauses pass, too, after which a module that nobody calls is made anew */
  async #turn(waits: boolean): Promise<void> {
    const { runtime, model, control, clock } = this.#world;
    const recovers = (): boolean => control.state === 'recovering' && (waits || !model.pauses);
    const quiet = (): boolean => this.#later === 0 && this.#flights.quiet && !recovers();
    await runtime.turn();
    for (let turns = 0; !quiet() && turns < LIMITS.turns; turns++) {
      if (waits) model.waits(() => clock.pass());
      // Timers and recoveries that wait for another turn of the event loop.
      if (this.#later > 0 || recovers()) await new Promise((resolve) => setTimeout(resolve, 1));
      await until(runtime, quiet, 3);
    }
    await runtime.turn();
    model.settle();
    this.#flights.check();
    if (model.current === undefined && !model.retired && (waits || !model.pauses))
      model.violate('I2: nothing serves, though the event loop has turned');
    const uncaught = runtime.takeUncaught();
    if (uncaught.length > 0) model.violate(`I5: reaches the process: ${uncaught.map(show).join('; ')}`);
  }
}

/** A call that goes well, and what it gives in a generation, which remembers that it was made. */
function innocent(ns: Fixtures, what: (typeof CALLS)[number]): [run: () => unknown, value: (generation: Generation) => unknown] {
  switch (what) {
    case 'bump':
      return [() => ns.bump(), (generation) => ++generation.count];
    case 'count':
      return [() => ns.count(), ({ count }) => count];
    case 'bump_static':
      return [() => ns.bump_static(), (generation) => ++generation.calls];
    case 'remember':
      return [() => ns.remember('key', 'a note'), ({ notes }) => void notes.set('key', 'a note')];
    case 'recall':
      return [() => ns.recall('key'), ({ notes }) => notes.get('key')];
    case 'notes':
      return [() => ns.notes(), ({ notes }) => notes.size];
    case 'add':
      return [() => ns.add(2, 3), () => 5];
    case 'echo':
      return [() => ns.echo('écho 😀'), () => 'écho 😀'];
    case 'starts':
      return [() => ns.starts(), () => 1];
  }
}

/** Ways into a failure: each is armed, which goes well, and then fired. */
function failingWays(ns: Fixtures): Record<(typeof FAIL_WAYS)[number], (kind: string) => () => unknown> {
  return {
    fail: (kind) => () => ns.fail(kind),
    static: (kind) => () => ns.Faller.fail_static(kind),
    constructor: (kind) => () => new ns.Faller(kind),
    method: (kind) => {
      const faller = new ns.Faller('none');
      return () => faller.fail(kind);
    },
    'method-mut': (kind) => {
      const faller = new ns.Faller('none');
      return () => faller.fail_mut(kind);
    },
    'by-value': (kind) => {
      const faller = new ns.Faller('none');
      return () => faller.fail_by_value(kind);
    },
    getter: (kind) => {
      const faller = ns.Faller.armed(kind);
      return () => faller.trouble;
    },
    setter: (kind) => {
      const faller = new ns.Faller('none');
      return () => {
        faller.trouble = kind;
      };
    },
    once: (kind) => {
      const closure = ns.failing_once();
      return () => closure(kind);
    },
    drop: (kind) => {
      const bomb = new ns.DropBomb(kind);
      return () => bomb.free();
    },
  };
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
