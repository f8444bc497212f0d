/**
 * Random programs of which the calls are run again where their instance is lost, against a plain model of what the README of the reinit-manager
 * says: which calls run again, how often, and that each settles once. The event loop turns after each step, so that nothing is left open.
 */
import fc from 'fast-check';
import { codeOf } from '../runner/checks.ts';
import type { Fixtures } from '../runner/fixtures.ts';
import { type Deferred, deferred } from '../runner/runtime.ts';
import { LIMITS } from './limits.ts';

type Step =
  | { readonly do: 'start' | 'fail' | 'reset' | 'fail-in-poll' }
  | { readonly do: 'settle'; readonly which: number; readonly how: 'resolve' | 'reject' }
  /** A synchronous call that fails so often. */
  | { readonly do: 'nested'; readonly times: number };

/** What a program does. */
export interface Program {
  readonly attempts: number;
  readonly steps: readonly Step[];
}

/** See the file. */
export const programs: fc.Arbitrary<Program> = fc.record({
  attempts: fc.nat(3),
  steps: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant<Step>({ do: 'start' }) },
      fc.constantFrom<Step>({ do: 'fail' }, { do: 'reset' }, { do: 'fail-in-poll' }),
      fc.record({ do: fc.constant('settle' as const), which: fc.nat(7), how: fc.constantFrom('resolve' as const, 'reject' as const) }),
      fc.record({ do: fc.constant('nested' as const), times: fc.nat(2) }),
    ),
    { minLength: 1, maxLength: LIMITS.steps, size: 'max' },
  ),
});

/** A call in flight, and what has become of it, in fact and by the model. */
interface Flight {
  readonly gate: Deferred<string>;
  readonly settled: string[];
  wanted: 'pending' | 'resolved' | 'rejected' | 'lost';
  repeats: number;
  /** How often it may have cost the instance itself. */
  own: number;
}

/** Runs a program. Gives what is wrong, if anything is. @param turn lets the event loop turn */
export async function runProgram(ns: Fixtures, turn: () => Promise<void>, { attempts, steps }: Program): Promise<string | undefined> {
  const { __revive: control } = ns;
  const flights: Flight[] = [];
  let [retried, wanted] = [0, 0];
  const stop = control.on('retried', () => void retried++);
  control.configure({ consecutiveFailures: Number.POSITIVE_INFINITY, retry: { idempotent: ['wait_for', 'nested_catching'], attempts } });
  const isLost = (isOwn: boolean): void => {
    for (const flight of flights) {
      if (flight.wanted !== 'pending') continue;
      if (isOwn) flight.own++;
      if (flight.own > 1 || flight.repeats === attempts) flight.wanted = 'lost';
      else {
        flight.repeats++;
        wanted++;
      }
    }
  };
  const make = (step: Step): string | undefined => {
    switch (step.do) {
      case 'start': {
        const flight: Flight = { gate: deferred(), settled: [], wanted: 'pending', repeats: 0, own: 0 };
        flights.push(flight);
        ns.wait_for(flight.gate.promise).then(
          () => flight.settled.push('resolved'),
          (error) => flight.settled.push(codeOf(error) === undefined ? 'rejected' : 'lost'),
        );
        return undefined;
      }
      case 'settle': {
        const flight = flights.filter((one) => one.wanted === 'pending')[step.which];
        if (flight === undefined) return undefined;
        flight.wanted = step.how === 'resolve' ? 'resolved' : 'rejected';
        if (step.how === 'resolve') flight.gate.resolve('opened');
        else flight.gate.reject(new Error('the gate stays shut'));
        return undefined;
      }
      case 'fail':
        isLost(false);
        return attempt(() => ns.fail('abort')) === 'REVIVE_ABORT' ? undefined : 'an abort is not reported to its caller';
      case 'reset':
        isLost(false);
        control.reset();
        return undefined;
      case 'fail-in-poll':
        // The event loop enters, so that it may have been any of them.
        ns.fail_first_poll('abort').catch(() => {});
        isLost(true);
        return undefined;
      case 'nested': {
        let runs = 0;
        const got = attempt(() => ns.nested_catching(() => ++runs <= step.times && ns.fail('abort')));
        if (step.times > 0) isLost(false);
        if (step.times > 0 && attempts > 0) wanted++;
        // It has failed by itself: once more, whatever `attempts` says.
        const most = Math.min(step.times + 1, attempts > 0 ? 2 : 1);
        const should = step.times < most ? undefined : 'REVIVE_ABORT';
        return runs === most && got === should ? undefined : `a call that fails ${step.times} times runs ${runs} times, and gives ${got}`;
      }
    }
  };
  try {
    for (const step of steps) {
      const wrong = make(step);
      for (let turns = 0; turns < 3; turns++) await turn();
      const odd = flights.find((one) => one.settled.join() !== (one.wanted === 'pending' ? '' : one.wanted));
      if (wrong !== undefined) return wrong;
      if (odd)
        return `a call has settled as "${odd.settled}" in place of ${odd.wanted}, after ${odd.repeats} repeats, ${odd.own} of its own`;
      if (retried !== wanted) return `${retried} events 'retried' in place of ${wanted}`;
      const open = flights.filter((one) => one.wanted === 'pending').length;
      if (control.stats.inFlight !== open) return `${control.stats.inFlight} calls in flight in place of ${open}`;
    }
    return undefined;
  } finally {
    stop();
    for (const { gate } of flights) gate.resolve('opened');
    await turn();
    control.configure({ retry: undefined });
    control.reset();
  }
}

/** The code of what a call throws. */
function attempt(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}
