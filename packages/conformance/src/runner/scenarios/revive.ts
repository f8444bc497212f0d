/** A module that links the wasm-revive crates: what it can tell and ask for. */
import { codeOf, show } from '../checks.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

export const REVIVE: readonly Scenario[] = [
  {
    id: 'an allocation that failed and was handled is not blamed for what comes later',
    invariants: ['I1', 'I2'],
    needs: ['crates'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      checks.equal('I2', 'the allocation fails', () => ns.try_reserve?.(1 << 30), false);
      checks.equal('I2', 'that is no failure', () => failures.length, 0);
      thrownBy(() => ns.fail('unreachable'));
      checks.that(
        'I1',
        'the trap after it has its own cause',
        () => /^unreachable$|^abort$/.test(failures[0]?.failure.cause ?? '') || show(failures[0]?.failure),
      );
      checks.equal('I1', 'and no allocation', () => failures[0]?.failure.allocation, undefined);
      stop();
    },
  },
  {
    id: 'a panic has the stack of where it happened',
    invariants: ['I1'],
    needs: ['crates'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const where = (): string => (failures.at(-1)?.failure.panic?.frames ?? []).map((frame) => frame.function ?? '').join(' ');
      thrownBy(() => ns.fail('panic-index'));
      checks.that('I1', 'in a call', () => /fail::panic_index/.test(where()) || show(where()));
      const later = new Watched(ns.fail_later_poll('panic-index', Promise.resolve()));
      await until(runtime, () => later.state !== 'pending' && failures.length > 1);
      checks.that('I1', 'in a poll', () => /fail::panic_index/.test(where()) || show(where()));
      stop();
    },
  },
  {
    id: 'a panic that Rust catches itself is no failure',
    invariants: ['I2', 'I7'],
    needs: ['crates', 'unwind'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const generation = ns.__revive.generation;
      checks.that('I7', 'it is what Rust says', () => /panic-message/.test(ns.catch_failure?.('panic-message') ?? ''));
      checks.equal('I2', 'nothing is told', () => failures.length, 0);
      thrownBy(() => ns.fail('unreachable'));
      checks.equal('I2', 'and it is not blamed for what comes later', () => failures[0]?.failure.panic, undefined);
      ns.add(1, 2);
      checks.equal('I7', 'one generation went by', () => ns.__revive.generation, generation + 1);
      stop();
    },
  },
  {
    id: 'Rust asks for a fresh instance',
    invariants: ['I2', 'I4', 'I5', 'I7'],
    needs: ['crates'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const generation = ns.__revive.generation;
      const counter = new ns.Counter(1);
      ns.bump();
      const gate = deferred<void>();
      const watched = new Watched(ns.wait_for(gate.promise));
      await runtime.turn();
      checks.equal('I2', 'the call that asks ends well', () => ns.ask_for_reinit?.(), true);
      checks.equal('I7', 'the next call is served by a fresh instance', () => ns.count(), 100);
      checks.equal('I7', 'one generation went by', () => ns.__revive.generation, generation + 1);
      checks.equal('I4', 'a handle of the old one is served by it', () => counter.inc(), 2);
      const drained = new Promise((resolve) => ns.__revive.on('drained', resolve));
      gate.resolve();
      await drained;
      checks.equal('I5', 'the call in flight finishes on it', () => watched.state, 'resolved');
      checks.throwsCode('I4', 'and with that the handle is stale', () => counter.inc(), 'REVIVE_STALE_HANDLE');
      checks.equal('I7', 'the fresh one goes on', () => ns.count(), 100);
      checks.equal('I2', 'that is no failure', () => failures.length, 0);
      stop();
    },
  },
  {
    id: 'breadcrumbs of a program that fails',
    invariants: ['I1'],
    needs: ['crates'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const numbered = (text: string, from: number, to: number): string =>
        Array.from({ length: to - from }, (_, n) => `${text} ${from + n}`).join();
      thrownBy(() => ns.fail_after_breadcrumbs?.('unreachable', 'parsing ü', 3));
      checks.equal('I1', 'they are told in their order', () => failures[0]?.breadcrumbs?.join(), numbered('parsing ü', 0, 3));
      thrownBy(() => ns.fail_after_breadcrumbs?.('unreachable', 'step', 40));
      checks.equal('I1', 'the last sixteen are kept', () => failures[1]?.breadcrumbs?.join(), numbered('step', 24, 40));
      thrownBy(() => ns.fail('unreachable'));
      checks.equal('I1', 'a program that left none has none', () => failures[2]?.breadcrumbs, undefined);
      const long = 'é'.repeat(200);
      thrownBy(() => ns.fail_after_breadcrumbs?.('unreachable', long, 1));
      checks.equal('I1', 'a long one is cut at a character', () => failures[3]?.breadcrumbs?.[0], long.slice(0, 62));
      thrownBy(() => ns.fail_after_breadcrumbs?.('panic-message', 'before the panic', 1));
      checks.equal('I1', 'a panic is told with them', () => failures[4]?.breadcrumbs?.at(-1), 'before the panic 0');
      stop();
    },
  },
  {
    id: 'a program that redacts what it says',
    invariants: ['I1', 'I2'],
    needs: ['crates'],
    run(ground, checks) {
      const { ns } = ground;
      const control = ns.__revive;
      const { failures, stop } = listen(ground);
      control.configure({ redact: (text) => text.replaceAll(/panic-message|secret/g, '…') });
      const error = thrownBy(() => ns.fail_after_breadcrumbs?.('panic-message', 'secret', 1)) as Error;
      checks.that('I1', 'the error does not tell it', () => !error.message.includes('panic-message') || error.message);
      checks.that('I1', 'it tells the rest', () => error.message.includes('…') || error.message);
      const told = JSON.stringify(failures[0]);
      checks.that('I1', 'nor does the report', () => !/panic-message|secret/.test(told) || told);
      checks.equal('I1', 'breadcrumbs are redacted', () => failures[0]?.breadcrumbs?.at(-1), '… 0');
      control.configure({
        redact: () => {
          throw new Error('a mistake in the redaction');
        },
      });
      const second = thrownBy(() => ns.fail_after_breadcrumbs?.('panic-message', 'secret', 1)) as Error;
      const all = `${second.message} ${JSON.stringify(failures[1])}`;
      checks.that('I1', 'a redaction that throws tells nothing', () => !/panic-message|secret/.test(all) || all);
      control.configure({ redact: (text) => text });
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      stop();
    },
  },
  {
    id: 'the fingerprint of a failure',
    invariants: ['I1'],
    needs: ['crates'],
    run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const KINDS = ['unreachable', 'panic-message', 'panic-unwrap', 'panic-index', 'oom', 'stack-overflow'];
      for (const kind of [...KINDS, ...KINDS]) thrownBy(() => ns.fail_marked?.(kind));
      const prints = failures.map(({ fingerprint }) => fingerprint);
      const [first, second] = [prints.slice(0, KINDS.length), prints.slice(KINDS.length)];
      const functions = failures.map(({ failure }) => show((failure.frames ?? failure.panic?.frames)?.map((frame) => frame.function)));
      // JavaScriptCore leaves out functions that it has compiled into others by then.
      const isSame = (print: string | undefined, n: number): boolean =>
        print === first[n] || (runtime.engine === 'javaScriptCore' && functions[n] !== functions[n + KINDS.length]);
      checks.that('I1', 'the same failure has the same', () => second.every(isSame) || show([first, second, functions]));
      checks.equal('I1', 'others have others', () => new Set(first).size, KINDS.length);
      stop();
    },
  },
  {
    id: 'a task with a name that fails',
    invariants: ['I1', 'I5'],
    needs: ['crates'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const { failures, stop } = listen(ground);
      const failing = new Watched(ns.fail_in_task?.('panic-message', Promise.resolve()));
      await until(runtime, () => failing.state !== 'pending');
      checks.equal('I5', 'its promise rejects', () => failing.state, 'rejected');
      checks.that('I1', 'with the failure', () => /^REVIVE_(?:PANIC|ABORT)$/.test(String(codeOf(failing.value))) || show(failing.value));
      checks.equal('I1', 'the report names what Rust said was running', () => failures[0]?.entrypoint, 'fail_in_task');
      checks.that('I1', 'and the task', () => (failures[0]?.task ?? 0) > 0 || show(failures[0]));
      stop();
      const fine = new Watched(ns.fail_in_task?.('none', Promise.resolve()));
      await until(runtime, () => fine.state !== 'pending');
      checks.equal('I5', 'another one resolves', () => typeof fine.value, 'number');
      checks.that(
        'I1',
        "the failure has Rust's words",
        () => String((failing.value as Error).message).includes('panic-message') || `${panic}: ${show(failing.value)}`,
      );
    },
  },
];
