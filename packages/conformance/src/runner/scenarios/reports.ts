/** Programs that do what nobody expects with a report, and with the texts in it. */
import { codeOf, show } from '../checks.ts';
import { errorsKeepFrames, mayBeLeft } from '../engines.ts';
import type { Report, Told } from '../fixtures.ts';
import { catchLog, collect, listen, type Scenario, thrownBy } from './scenario.ts';

export const REPORTS: readonly Scenario[] = [
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
      // Reports can't be changed, which the listener is told by an exception.
      await catchLog(() => {
        for (let n = 1; n <= 3; n++) {
          const { recoveries } = ns.__revive.stats;
          checks.equal('I1', `failure ${n}: the caller is told`, () => codeOf(thrownBy(() => ns.fail('abort'))), 'REVIVE_ABORT');
          checks.equal('I2', `failure ${n}: the next call is served`, () => ns.add(1, 2), 3);
          checks.equal('I2', `failure ${n}: by a recovery that counts`, () => ns.__revive.stats.recoveries, recoveries + 1);
        }
      });
      stop();
      await runtime.turn();
      checks.equal('I2', 'no setter of theirs has run', () => ran, 0);
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
    id: 'a program that looks at an error closely',
    invariants: ['I1'],
    run({ ns }, checks) {
      const { stackTraceLimit } = Error as { stackTraceLimit?: number };
      // Note: no tail call, of which JavaScriptCore keeps no frame.
      const calledByTheProgram = (): void => void ns.fail('indirect-call');
      const error = thrownBy(calledByTheProgram) as Told;
      const { message, cause } = error;
      const trap = cause as { message: string; stack?: unknown };
      const said = trap.message;
      checks.that('I1', 'its stack leads to the caller', () => error.stack?.includes('calledByTheProgram') === true || show(error.stack));
      checks.that('I1', 'and, where stacks begin with it, says what happened', () => {
        return !String(trap.stack).includes(said) || error.stack?.startsWith(`ReviveError: ${message}\n`) === true || show(error.stack);
      });
      checks.equal('I1', 'the engine keeps as many frames as before', () => Reflect.get(Error, 'stackTraceLimit'), stackTraceLimit);
      const other = thrownBy(calledByTheProgram) as Told;
      Object.assign(other.cause as object, { message: 'of the program', stack: 'nowhere' });
      const frames = (report: Report | undefined): unknown => JSON.stringify(report?.failure.frames);
      checks.equal('I1', 'a report that is read late says what the engine said', () => other.report?.failure.trap?.message, said);
      checks.equal('I1', 'and where it was', () => frames(other.report), frames(error.report) as string);
      const clone = structuredClone(other);
      checks.equal('I1', 'a copy of it says the same', () => clone.message, message);
      checks.that('I1', 'JSON has the report', () => JSON.stringify(other).includes(other.report?.fingerprint ?? 'none'));
      checks.equal('I1', 'the next call is served', () => ns.add(1, 2), 3);
    },
  },
  {
    id: 'a program that keeps every report and every error',
    invariants: ['I6'],
    isLong: true,
    needs: ['gc'],
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
        () => probe.liveMemories() > before + mayBeLeft() === errorsKeepFrames() || `${probe.liveMemories()} memories, ${before} before`,
      );
      checks.that('I1', 'and can read them', () => JSON.stringify(kept).includes('the message of panic-message') || show(kept[0]));
      stop();
    },
  },
];
