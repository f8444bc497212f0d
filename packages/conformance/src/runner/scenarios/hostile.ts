/** Programs that do what nobody expects: with what they throw, with what they are told, with JavaScript itself. */
import { codeOf, show } from '../checks.ts';
import { errorsKeepFrames } from '../engines.ts';
import type { View } from '../fixtures.ts';
import type { Ground } from '../row.ts';
import { until, Watched } from '../runtime.ts';
import { ORDINARY } from './ordinary-errors.ts';
import { collect, listen, type Scenario, thrownBy } from './scenario.ts';

/** Errors, by what they are, at which a guard can't look as at others. */
const ODD: readonly string[] = [
  'an error whose message can not be read',
  'an error whose stack can not be read',
  'an error whose name can not be read',
  'an error with a stack that is no text',
  'a frozen error',
  'an object without a prototype',
  'a proxy that lets nothing be read',
  'undefined',
  'a symbol',
];

const HOSTILE_ERRORS: Readonly<Record<string, ((ground: Ground) => unknown) | undefined>> = {
  ...Object.fromEntries(ODD.map((what) => [what, ORDINARY[what]])),
  'an error whose message is no text': () => Object.assign(new RangeError(), { message: 5 }),
  'an object that has no text': () => ({
    toString() {
      throw new Error('no text');
    },
  }),
  // Glue asks it of what a catch import throws, so that there it is no ordinary error.
  'a proxy that does not say what it is': () =>
    new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error('refused');
        },
      },
    ),
};

/** Puts something onto the prototype of all objects. */
function onEveryObject(properties: Readonly<Record<string, unknown>>): () => void {
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(properties)) prototype[key] = value;
  return () => {
    for (const key of Object.keys(properties)) delete prototype[key];
  };
}

/** Replaces functions by ones that only throw. */
function withoutFunctions(owners: readonly (readonly [owner: object, names: readonly string[]])[]): () => void {
  const undo = owners.flatMap(([owner, names]) => {
    const functions = owner as Record<string, unknown>;
    return names.map((name) => {
      const original = functions[name];
      functions[name] = () => {
        throw new Error(`${name} is not for you`);
      };
      return () => {
        functions[name] = original;
      };
    });
  });
  return () => {
    for (const one of undo) one();
  };
}

const nothing = (): undefined => undefined;

/** Gives what takes the change back. */
const CHANGES: Readonly<Record<string, () => () => void>> = {
  'getters for all': () => onEveryObject({ get: nothing }),
  'setters for all': () => onEveryObject({ set: nothing }),
  'descriptors of everything': () => onEveryObject({ get: nothing, value: 1, writable: false, enumerable: false, configurable: false }),
  'traps for all': () => onEveryObject({ has: nothing, apply: nothing, ownKeys: nothing, getOwnPropertyDescriptor: nothing }),
  'options for all': () =>
    onEveryObject({ cause: 'mine', report: 'mine', retryable: true, recovery: 'mine', plugins: 1, fatal: true, redact: 5, onFailure: 5 }),
  'no error says that it is one': () => {
    // What WebAssembly's errors extend.
    Object.defineProperty(Error, Symbol.hasInstance, { value: () => false, configurable: true });
    return () => void Reflect.deleteProperty(Error, Symbol.hasInstance);
  },
  'Object and Reflect gone': () =>
    withoutFunctions([
      [Object, ['defineProperty', 'assign', 'keys', 'is', 'getPrototypeOf', 'setPrototypeOf', 'hasOwn']],
      [Reflect, ['defineProperty', 'set', 'get', 'apply', 'has']],
      [Object.prototype, ['toString', 'hasOwnProperty']],
    ]),
  'microtasks and reactions gone': () =>
    withoutFunctions([
      [globalThis, ['queueMicrotask']],
      [Promise.prototype, ['then', 'catch']],
    ]),
};

export const HOSTILE: readonly Scenario[] = [
  ...Object.entries(HOSTILE_ERRORS).map(
    ([what, make]): Scenario => ({
      id: `thrown through Rust frames: ${what}`,
      invariants: ['I1', 'I2', 'I5', 'I7'],
      async run(ground, checks) {
        const { ns, runtime } = ground;
        const mine = make?.(ground);
        const callback = (): never => {
          throw mine;
        };
        const { failures, stop } = listen(ground);
        const { generation } = ns.__revive;
        let caught: unknown = 'nothing';
        try {
          ns.nested(callback);
        } catch (error) {
          caught = error;
        }
        checks.that('I1', 'the caller gets it back', () => Object.is(caught, mine));
        checks.equal('I1', 'it is told, as what it is', () => failures.map(({ failure }) => failure.cause).join(), 'foreign-exception');
        checks.quiet('I1', 'the report is JSON', () => JSON.stringify(failures));
        checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
        const waiting = new Watched(ns.wait_for(new Promise(() => {})));
        const global = globalThis as { wasmReviveThrown?: unknown };
        global.wasmReviveThrown = mine;
        const polled = new Watched(ns.fail_later_poll('js-exception', Promise.resolve()));
        await until(runtime, () => polled.state !== 'pending' && waiting.state !== 'pending');
        delete global.wasmReviveThrown;
        checks.equal('I5', 'in a poll, its promise rejects', () => polled.state, 'rejected');
        checks.equal('I5', 'and so do those that can not be kept', () => waiting.state, 'rejected');
        checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
        stop();
      },
    }),
  ),
  {
    id: 'a program that has frozen what it is told',
    invariants: ['I1', 'I2'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const stopFreezing = ns.__revive.on('failure', Object.freeze);
      const { recoveries } = ns.__revive.stats;
      thrownBy(() => ns.fail('abort'));
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      await runtime.turn();
      checks.equal('I2', 'by a recovery that counts', () => ns.__revive.stats.recoveries, recoveries + 1);
      checks.that('I1', 'the report can be read', () => JSON.stringify(failures[0]).includes(failures[0]?.fingerprint ?? 'none'));
      stopFreezing();
      stop();
    },
  },
  {
    id: 'a program that has given what it is told setters',
    invariants: ['I1', 'I2'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      let ran = 0;
      const refuse = (): never => {
        ran++;
        throw new Error('not yours');
      };
      const stop = ns.__revive.on('failure', (report) => {
        for (const key of ['recovery', 'failure', 'fingerprint']) {
          Object.defineProperty(report, key, { get: refuse, set: refuse, configurable: false });
        }
      });
      for (let n = 1; n <= 3; n++) {
        const { recoveries } = ns.__revive.stats;
        checks.equal('I1', `failure ${n}: the caller is told`, () => codeOf(thrownBy(() => ns.fail('abort'))), 'REVIVE_ABORT');
        checks.equal('I2', `failure ${n}: the next call is served`, () => ns.add(1, 2), 3);
        checks.equal('I2', `failure ${n}: by a recovery that counts`, () => ns.__revive.stats.recoveries, recoveries + 1);
      }
      stop();
      await runtime.turn();
      checks.equal('I2', 'no setter of theirs has run', () => ran, 0);
    },
  },
  {
    id: 'a program that has changed JavaScript',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime, panic } = ground;
      const { failures, stop } = listen(ground);
      for (const [what, change] of Object.entries(CHANGES)) {
        const before = failures.length;
        const waiting = new Watched(ns.wait_for(new Promise(() => {})));
        const { recoveries } = ns.__revive.stats;
        const restore = change();
        const aborted = thrownBy(() => ns.fail('abort'));
        const sum = thrownBy(() => ns.add(1, 2)) ?? ns.add(1, 2);
        const panicked = thrownBy(() => ns.fail('panic-message'));
        const again = thrownBy(() => ns.add(1, 2)) ?? ns.add(1, 2);
        const json = thrownBy(() => JSON.stringify(failures));
        restore();
        await until(runtime, () => waiting.state !== 'pending');
        checks.equal('I1', `${what}: the caller is told of an abort`, () => codeOf(aborted), 'REVIVE_ABORT');
        checks.equal('I2', `${what}: the next call is served`, () => sum, 3);
        checks.equal('I1', `${what}: and of a panic`, () => codeOf(panicked), panic === 'abort' ? 'REVIVE_ABORT' : 'REVIVE_PANIC');
        checks.equal('I7', `${what}: the call after that is served`, () => again, 3);
        checks.equal('I5', `${what}: what was in flight settles`, () => waiting.state, 'rejected');
        checks.equal('I1', `${what}: both are reported`, () => failures.length - before, 2);
        checks.equal('I1', `${what}: as JSON`, () => json, undefined);
        checks.equal(
          'I2',
          `${what}: each loss is followed by one recovery`,
          () => ns.__revive.stats.recoveries - recoveries,
          panic === 'abort' ? 2 : 1,
        );
      }
      stop();
    },
  },
  {
    id: 'texts without end',
    invariants: ['I1', 'I6'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const { stackTraceLimit } = Error as { stackTraceLimit?: number };
      const most = 16_384;
      const said = 'sécret '.repeat(1_000_000);
      const mine = Object.assign(new Error(said), { name: said });
      const callback = (): never => {
        throw mine;
      };
      const fails = (): unknown => thrownBy(() => ns.nested(callback));
      const last = (): { name: string; message: string } => failures.at(-1)?.failure.trap ?? { name: '', message: '' };
      const note = /… \[[0-9]+ more characters left out\]$/;

      checks.that('I1', 'the thrower gets its own error, whole', () => Object.is(fails(), mine) && mine.message === said);
      checks.that('I6', 'the report is small', () => JSON.stringify(failures).length < 64_000 || JSON.stringify(failures).length);
      checks.that('I1', 'and says how much is left out', () => note.test(last().message) && note.test(last().name));

      let given = 0;
      const began = performance.now();
      ns.__revive.configure({
        redact: (text) => {
          given = Math.max(given, text.length);
          return text.replaceAll('sécret', '');
        },
      });
      fails();
      checks.that('I5', 'a redaction is given only so much', () => given <= 4 * most || `${given} characters`);
      checks.that('I1', 'none of a secret that was cut in two is left', () => !/s(?:é|$)|éc/.test(last().message.replace(note, '')));
      // Of a secret with no end, too.
      ns.__revive.configure({ redact: (text) => text.replaceAll(/(?:sécret ){100}/g, '') });
      fails();
      checks.that('I1', 'where redacting leaves little', () => last().message.length <= most || `${last().message.length} characters`);
      checks.that('I5', 'in no time', () => performance.now() - began < 5_000);
      ns.__revive.configure({ redact: undefined });

      Reflect.set(Error, 'stackTraceLimit', Number.POSITIVE_INFINITY);
      thrownBy(() => ns.fail('stack-overflow'));
      Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
      checks.that('I6', 'frames have an end', () => (failures.at(-1)?.failure.frames?.length ?? 0) <= 257);
      const aborted = failures.at(-1) as object;
      const hidden = (object: object): unknown[] => Object.getOwnPropertySymbols(object).map((key) => Reflect.get(object, key) as unknown);
      checks.equal(
        'I1',
        'nothing is hidden in a report',
        () => JSON.stringify(hidden(aborted)),
        JSON.stringify(hidden(aborted).map(() => ({}))),
      );
      stop();
      await runtime.turn();
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
    },
  },
  {
    id: 'a program that calls the module as it redacts',
    invariants: ['I1', 'I2'],
    run(ground, checks) {
      const { ns } = ground;
      const { __revive: control } = ns;
      const { failures, stop } = listen(ground);
      const redact = (text: string): string => {
        thrownBy(() => ns.add(1, 2));
        return text;
      };
      control.configure({ foreignExceptions: 'recover', redact });
      const refuse = (): never => {
        throw new Error('of the program');
      };
      thrownBy(() => ns.nested(refuse));
      thrownBy(() => ns.fail('panic-message'));
      const told = failures.map(({ failure }) => `${failure.kind} ${failure.cause}`.replace('unwound undefined', 'aborted panic-abort'));
      checks.equal('I1', 'each failure is told once, as what it is', () => told.join(), 'aborted foreign-exception,aborted panic-abort');
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      control.configure({ foreignExceptions: 'keep', redact: undefined });
      stop();
    },
  },
  {
    id: 'a program that writes stacks its own way',
    invariants: ['I1', 'I3'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const errors = Error as { prepareStackTrace?: unknown };
      const before = errors.prepareStackTrace;
      const ways: Readonly<Record<string, () => unknown>> = {
        'by throwing': () => {
          throw new Error('not today');
        },
        'by entering the module': () => ns.bump(),
        'by giving an object': () => ({ lines: 3 }),
      };
      for (const [way, prepare] of Object.entries(ways)) {
        let inner: unknown;
        // Only while Rust fails: the engine asks it for every stack that anybody reads.
        errors.prepareStackTrace = (error: unknown) => {
          if (!(error instanceof WebAssembly.RuntimeError)) return '';
          inner = thrownBy(prepare);
          if (inner !== undefined) throw inner;
          return prepare();
        };
        const caught = thrownBy(() => ns.fail('out-of-bounds'));
        errors.prepareStackTrace = before;
        if (before === undefined) delete errors.prepareStackTrace;
        checks.equal('I1', `${way}: the caller is told`, () => codeOf(caught), 'REVIVE_ABORT');
        checks.equal('I3', `${way}: the module can be used`, () => ns.bump(), 101);
      }
      checks.equal(
        'I1',
        'each is told as what it is',
        () => failures.map(({ failure }) => failure.cause).join(),
        'out-of-bounds,out-of-bounds,out-of-bounds',
      );
      stop();
    },
  },
  {
    id: 'a listener that listens again',
    invariants: ['I5'],
    run({ ns }, checks) {
      const { __revive: control } = ns;
      let heard = 0;
      let stop = (): void => {};
      const listener = (): void => {
        heard++;
        stop();
        if (heard < 1_000) stop = control.on('failure', () => listener());
      };
      stop = control.on('failure', () => listener());
      thrownBy(() => ns.fail('abort'));
      stop();
      checks.equal('I5', 'it hears of each failure once', () => heard, 1);
    },
  },
  {
    id: 'a program that fails whenever it has recovered',
    invariants: ['I5'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      // An end, for else this would have none where it doesn't hold.
      const enough = 3_000;
      let recovered = 0;
      const stop = control.on('recovered', () => {
        if (++recovered < enough) thrownBy(() => ns.fail('abort'));
      });
      thrownBy(() => ns.fail('abort'));
      await runtime.turn();
      stop();
      checks.that('I5', 'the event loop gets its turn', () => recovered < enough || `after ${recovered} recoveries`);
      checks.equal('I5', 'the next call is served', () => ns.add(1, 2), 3);
    },
  },
  {
    id: 'plugins that decide, and that break down',
    invariants: ['I1', 'I2', 'I3', 'I5'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { __revive: control } = ns;
      const { failures, stop } = listen(ground);
      const { error: consoleError } = console;
      const complaints: unknown[] = [];
      let wanted: () => 'keep' | 'fresh' | 'retire' | undefined = () => undefined;
      const views = new Set<View>();
      control.use({
        name: 'policy',
        failed(instance) {
          views.add(instance);
          return wanted();
        },
        lost: (instance) => void views.add(instance),
      });
      const foreign = (): unknown =>
        thrownBy(() =>
          ns.nested(() => {
            throw new Error('mine');
          }),
        );
      const recoveriesOf = (fail: () => unknown, decide: typeof wanted): number => {
        const { recoveries } = control.stats;
        wanted = decide;
        fail();
        wanted = () => undefined;
        checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
        return control.stats.recoveries - recoveries;
      };
      const abort = (): unknown => thrownBy(() => ns.fail('abort'));
      checks.equal('I2', 'a foreign exception can cost the instance', () => recoveriesOf(foreign, () => 'fresh'), 1);
      checks.equal('I2', 'where it says nothing, the module decides', () => recoveriesOf(foreign, () => undefined), 0);
      checks.equal('I3', 'an instance that aborted is never kept', () => recoveriesOf(abort, () => 'keep'), 1);
      const torn = new Watched(ns.fail_first_poll('js-exception'));
      wanted = () => 'keep';
      await until(runtime, () => torn.state !== 'pending', 3);
      wanted = () => undefined;
      checks.equal('I5', 'a task whose poll was torn is not kept', () => codeOf(torn.value), 'REVIVE_ABORT');
      checks.equal('I2', 'the next call is served then, too', () => ns.add(1, 2), 3);
      console.error = (...args) => complaints.push(args);
      checks.equal(
        'I1',
        'one that throws is left out',
        () =>
          recoveriesOf(abort, () => {
            throw new Error('broken');
          }),
        1,
      );
      checks.equal('I1', 'so is one that wants what there is not', () => recoveriesOf(abort, () => 'freeze' as 'fresh'), 1);
      console.error = consoleError;
      checks.equal('I1', 'and both are complained of', () => complaints.length, 2);
      checks.that('I1', 'and each report says what was done', () =>
        failures.every(({ recovery }) => recovery === 'keep' || recovery === 'fresh'),
      );
      checks.that('I1', 'each failure is told as what it is', () => failures.every(({ failure }) => failure.cause !== 'stack-overflow'));
      const reported = failures.length;
      let inside: unknown;
      const costly = (): number =>
        recoveriesOf(
          () => {
            checks.that('I1', 'where one costs the instance itself, the caller gets that', () => foreign() === inside || show(inside));
          },
          () => {
            wanted = () => undefined;
            inside = abort();
            return undefined;
          },
        );
      checks.equal('I2', 'and it is replaced once', costly, 1);
      checks.equal('I1', 'and reported once', () => failures.length - reported, 1);
      wanted = () => 'retire';
      abort();
      wanted = () => undefined;
      checks.throwsCode('I2', 'one can have the module retired', () => ns.add(1, 2), 'REVIVE_CRASH_LOOP');
      control.reset();
      checks.equal('I2', 'until it is reset', () => ns.add(1, 2), 3);
      const members = 'generation,state,module,exports,panicking,memoryBytes,callsInFlight';
      checks.that('I3', 'plugins get a view with what is documented, and nothing else', () =>
        [...views].every((view) => Reflect.ownKeys(view).join() === members && Object.getPrototypeOf(view) === null),
      );
      checks.equal(
        'I3',
        'and the same one of each instance',
        () => views.size,
        new Set([...views].map(({ generation }) => generation)).size,
      );
      stop();
    },
  },
  {
    id: 'a program that keeps every report and every error',
    invariants: ['I6'],
    needsGc: true,
    async run(ground, checks) {
      const { ns, probe, panic } = ground;
      const kept: unknown[] = [];
      let wanted: 'fresh' | undefined;
      if (panic === 'unwind') ns.__revive.use({ name: 'policy', failed: () => wanted });
      const refuse = (): never => {
        throw new Error('of the program');
      };
      const stop = ns.__revive.on('failure', (report) => kept.push(report));
      const keep = (call: () => unknown): void => void kept.push(thrownBy(call));
      // From the first failure on, there is one in reserve.
      keep(() => ns.fail('abort'));
      ns.add(1, 2);
      await collect(ground);
      const before = probe.liveMemories();
      const { stackTraceLimit } = Error as { stackTraceLimit?: number };
      Reflect.set(Error, 'stackTraceLimit', 100);
      for (let n = 0; n < 20; n++) {
        // Kept with the instance as they are, with stacks that nobody has read when it is lost.
        keep(() => ns.fail('panic-message'));
        keep(() => ns.nested(refuse));
        keep(() => ns.fail('abort'));
        ns.add(1, 2);
        // The same of one that a plugin has replaced, with frames on the stack.
        wanted = 'fresh';
        kept.push(
          ns.length_adder(),
          ns.wait_for(new Promise(() => {})).catch((error: unknown) => kept.push(error)),
        );
        thrownBy(() => ns.nested(() => keep(() => ns.fail('panic-message'))));
        wanted = undefined;
        await ground.runtime.turn();
        ns.add(1, 2);
      }
      Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
      await collect(ground);
      checks.that(
        'I6',
        errorsKeepFrames() ? 'keeps memories, for the engine keeps frames' : 'keeps no memory of a lost instance',
        () => probe.liveMemories() > before === errorsKeepFrames() || `${probe.liveMemories()} memories, ${before} before`,
      );
      checks.that('I1', 'and can read them', () => JSON.stringify(kept).includes('the message of panic-message') || show(kept[0]));
      stop();
    },
  },
  {
    id: 'instances that can not be made',
    invariants: ['I6'],
    needsGc: true,
    async run(ground, checks) {
      const { ns, probe } = ground;
      let refusing = true;
      ns.__revive.use({
        name: 'refuses',
        instantiated() {
          if (refusing) throw new Error('not this one');
        },
      });
      await collect(ground);
      const before = probe.liveMemories();
      thrownBy(() => ns.fail('abort'));
      for (let n = 0; n < 50; n++) thrownBy(() => ns.add(1, 2));
      await collect(ground);
      checks.that(
        'I6',
        'nothing of them is kept',
        () => probe.liveMemories() <= before || `${probe.liveMemories()} memories, ${before} before`,
      );
      refusing = false;
      checks.equal('I6', 'the next call is served when one can be made', () => ns.add(1, 2), 3);
      checks.that('I6', 'by a healthy instance', () => ns.bump() > 0 || show(ns.__revive.state));
    },
  },
];
