/** Calls in flight, what they wait for, and how each has to settle. */
import { codeOf, show } from '../runner/checks.ts';
import { type Deferred, deferred, Watched } from '../runner/runtime.ts';
import type { Expected, Outcome } from './expected.ts';
import type { Call, DueFailure, Failing, Generation } from './generation.ts';
import type { Home } from './home.ts';
import type { FLIGHTS } from './steps.ts';
import type { World } from './world.ts';

type Settled = { readonly how: 'resolves' | 'rejects'; readonly value: unknown } | { readonly how: 'fails'; readonly failing: Failing };

/** One call. */
interface Flight {
  readonly what: string;
  readonly home: Home;
  readonly generation: Generation;
  /** Undefined where nobody gets a promise. */
  readonly watched: Watched | undefined;
  /** Whether the program has made the call from outside: see `Call`. */
  readonly isOutside: boolean;
  /** What it waits for. */
  readonly gate: Gate | undefined;
  /** How it ends once that has settled. */
  readonly ends: () => Settled;
  due: { readonly failure: DueFailure | undefined } | undefined;
}

/** A promise of the program's that calls wait for. */
interface Gate extends Deferred<string> {
  given: boolean;
  settled?: { readonly how: 'resolve' | 'reject'; readonly value: unknown };
}

/** See the file. */
export class Flights {
  readonly #world: World;
  readonly #gates: Gate[] = [];
  #flights: Flight[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  #gate(index: number): Gate {
    this.#gates[index] ??= { ...deferred<string>(), given: false };
    return this.#gates[index];
  }

  /** Starts a call that is in flight afterwards. */
  start(what: (typeof FLIGHTS)[number], index: number, kind: string, home: Home): Outcome {
    const { ns } = home;
    const gate = this.#gate(index);
    const failing = this.#world.failing(kind, true);
    const fails = (other: Settled): Settled => (failing ? { how: 'fails', failing } : other);
    const passesOn = (): Settled => ({
      how: gate.settled?.how === 'reject' ? 'rejects' : 'resolves',
      value: gate.settled?.value,
    });
    const done: Settled = { how: 'resolves', value: undefined };
    switch (what) {
      case 'ready':
        return this.take(
          home,
          what,
          () => ns.ready(1),
          undefined,
          () => ({ how: 'resolves', value: 2 }),
        );
      case 'wait_for':
        return this.take(home, what, () => ns.wait_for(gate.promise), gate, passesOn);
      case 'promise_of':
        return this.take(home, what, () => ns.promise_of(gate.promise), gate, passesOn);
      case 'reject':
        return this.take(
          home,
          what,
          () => ns.reject('on purpose'),
          undefined,
          () => ({ how: 'rejects', value: REJECTED_ON_PURPOSE }),
        );
      case 'first-poll':
        return this.take(
          home,
          what,
          () => ns.fail_first_poll(kind),
          undefined,
          () => fails(done),
        );
      case 'later-poll':
        return this.take(
          home,
          what,
          () => ns.fail_later_poll(kind, gate.promise),
          gate,
          () => (gate.settled?.how === 'reject' ? passesOn() : fails(done)),
        );
      case 'method':
        return this.take(
          home,
          what,
          () => {
            const faller = new ns.Faller('none');
            home.model.between();
            return faller.fail_later(kind);
          },
          undefined,
          () => fails({ how: 'resolves', value: 0 }),
        );
      case 'spawn':
        return this.take(
          home,
          what,
          () => ns.spawn_after(gate.promise),
          gate,
          () => done,
        );
      case 'spawn-fail':
        return this.take(
          home,
          what,
          () => ns.spawn_fail(kind, gate.promise),
          gate,
          () => fails(done),
        );
    }
  }

  /** Takes in what a call gives. @param ends how it settles once its gate has */
  take(home: Home, what: string, run: () => unknown, gate: Gate | undefined, ends: Flight['ends']): Outcome {
    const { model } = home;
    let isOutside = false;
    const expected = ({ outside }: Call, { value }: Outcome): Expected => {
      isOutside = outside;
      return model.outcomeOf(() => ({ is: 'value', value }));
    };
    const outcome = home.call(what, run, expected);
    if (outcome.threw || model.current === undefined) return outcome;
    if (gate) gate.given = true;
    const watched = outcome.value instanceof Promise ? new Watched(outcome.value) : undefined;
    const flight: Flight = {
      what,
      home,
      generation: model.current,
      watched,
      isOutside,
      gate,
      ends,
      due: undefined,
    };
    this.#flights.push(flight);
    if (gate === undefined || gate.settled) this.#becomesDue(flight);
    return outcome;
  }

  /** Settles a promise that calls wait for. */
  settle(index: number, how: 'resolve' | 'reject'): void {
    const gate = this.#gate(index);
    delete this.#gates[index];
    const value = how === 'resolve' ? 'opened' : new Error('the gate stays shut');
    gate.settled = { how, value };
    // Where the program has given it to nobody, the rejection is the program's own mistake.
    if (!gate.given) gate.promise.catch(() => {});
    if (how === 'resolve') gate.resolve('opened');
    else gate.reject(value);
    for (const flight of this.#flights) if (flight.gate === gate && !flight.due) this.#becomesDue(flight);
  }

  /** Resolves whatever is still waited for. */
  settleAll(): void {
    for (const index of this.#gates.keys()) if (this.#gates[index]) this.settle(index, 'resolve');
  }

  #becomesDue(flight: Flight): void {
    const settled = flight.ends();
    const failure = settled.how === 'fails' ? { generation: flight.generation, failing: settled.failing } : undefined;
    flight.due = { failure };
    if (failure) flight.home.model.due.add(failure);
  }

  /** Whether all that is due has settled. */
  get quiet(): boolean {
    return this.#flights.every(({ watched, due, generation }) => watched?.state !== 'pending' || (!due && generation.isAlive));
  }

  /** How many promises the instance that serves there still owes. */
  owed({ model: { current } }: Home): number {
    return this.owedBy(current);
  }

  /** Whether a generation waits for something: until that comes, it surely owes what it has promised. */
  waits(generation: Generation): boolean {
    return this.#flights.some((one) => one.generation === generation && one.watched?.state === 'pending' && one.due === undefined);
  }

  /** Whether promises of it are about to settle. */
  isDue(generation: Generation): boolean {
    return this.#flights.some((one) => one.generation === generation && one.watched && one.due !== undefined);
  }

  /** Whether a call on it may have settled since the event loop has turned. */
  mayHaveSettled(generation: Generation): boolean {
    return this.#flights.some((one) => one.generation === generation && one.isOutside && one.watched && one.due !== undefined);
  }

  /** How many a generation owes. */
  owedBy(current: Generation | undefined): number {
    return this.#flights.filter(({ watched, generation }) => watched?.state === 'pending' && generation === current).length;
  }

  /** After the event loop has turned: what was due has happened, and what was lost has been told. */
  check(): void {
    for (const flight of this.#flights) {
      const { what, watched, due, generation, home } = flight;
      const { model } = home;
      const lost = !generation.isAlive;
      if (due?.failure) {
        model.due.delete(due.failure);
        if (!lost && !due.failure.report) model.violate(`I1: nothing was reported of a failure in flight (${what})`);
      }
      if (due && !watched && !due.failure && what === 'spawn') generation.tasks++;
      if (due && watched && flight.isOutside) model.hasSettled(generation, true);
      if (watched && !this.#isRight(flight, watched, lost)) {
        const state = watched.state === 'pending' ? 'is pending' : `has ${watched.state} ${show(watched.value)}`;
        const settled = due && flight.ends();
        const wanted = settled ? `; due: ${settled.how} ${'value' in settled ? show(settled.value) : ''}` : '';
        model.violate(`I2/I5: in flight (${what}) on ${generation.name}, ${generation.state}: ${state}${wanted}`);
      }
    }
    this.#flights = this.#flights.filter(({ due, generation }) => !due && generation.isAlive);
    const { default: home, control } = this.#world;
    const counted: readonly Home[] = this.#world.rules.isPooled ? this.#world.homes : this.#world.pool;
    const owed = counted.reduce((sum, one) => sum + this.owed(one), 0);
    if (home.model.current && control.stats.inFlight !== owed) {
      home.model.violate(`I6: ${control.stats.inFlight} calls in flight in place of ${owed}`);
    }
    for (const one of this.#world.homes) {
      const { ns, model } = one;
      // In a pool, nobody can say which of them is to be asked.
      if (model.current === undefined || (one === home && this.#world.rules.most > 1)) continue;
      one.call(
        'tasks_finished',
        () => ns.tasks_finished(),
        () => model.outcomeOf(({ tasks }) => ({ is: 'value', value: tasks })),
      );
    }
  }

  #isRight({ due, ends }: Flight, { state, value }: Watched, lost: boolean): boolean {
    if (!lost && !due) return state === 'pending';
    const code = codeOf(value);
    // In one turn of the event loop, another's failure may have come before it or after it.
    if (lost && state === 'rejected' && (code === 'REVIVE_INSTANCE_LOST' || code === 'REVIVE_ABORT')) return true;
    if (!due) return false;
    const settled = ends();
    switch (settled.how) {
      case 'resolves':
        return state === 'resolved' && Object.is(value, settled.value);
      case 'rejects':
        return state === 'rejected' && (settled.value === REJECTED_ON_PURPOSE ? value instanceof Error : Object.is(value, settled.value));
      case 'fails':
        return state === 'rejected' && settled.failing.class === 'unwound' && code === 'REVIVE_PANIC';
    }
  }
}

/** Stands for the error that Rust makes. */
const REJECTED_ON_PURPOSE = Symbol('on purpose');
