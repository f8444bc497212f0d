/** What a program does with the module as a whole: options, and instances that are ended. */
import { codeOf, show } from '../runner/checks.ts';
import { Watched } from '../runner/runtime.ts';
import type { Flights } from './flights.ts';
import type { Home } from './home.ts';
import type { Option } from './steps.ts';
import type { World } from './world.ts';

/** When siblings that nobody calls are evicted, where the program wants that. In milliseconds. */
const IDLE_MS = 60_000;

/** After so many turns an instance is recycled, where the program wants that. */
const RECYCLED_AFTER = 6;

/** See the file. */
export class Management {
  readonly #world: World;
  readonly #flights: Flights;

  /** What calls of the control handle have promised. */
  readonly #promised: { readonly watched: Watched; readonly wanted: unknown; readonly what: string }[] = [];

  constructor(world: World, flights: Flights) {
    this.#world = world;
    this.#flights = flights;
  }

  /** `reset()` of the default instance, `evict(key)` of a sibling. */
  renew({ model, key, isSibling }: Home): void {
    const { control } = this.#world;
    const { isUsed, isEnding } = model;
    const { rules, all: homes } = this.#world;
    if (!isSibling && rules.closing !== undefined) {
      rules.closing = undefined;
      for (const one of homes) one.model.reopen();
    }
    const takeBack = isSibling ? model.evict() : model.reset();
    if (!isSibling) this.#endPool(1);
    try {
      if (isSibling) {
        const was = control.evict(key);
        if (was !== isUsed && !isEnding) model.violate(`I2: evict() gives ${was} in place of ${isUsed}`);
      } else {
        control.reset();
        model.hasReset();
        this.#fillPool();
      }
    } catch (error) {
      if (takeBack && codeOf(error) === 'REVIVE_CRASH_LOOP') takeBack();
      else model.violate(`I2: ${isSibling ? 'evict' : 'reset'}() throws ${show(error)}`);
    }
  }

  /** `evict(key, { drain: true })`. Not from a listener, where it may be refused, which shows only later. */
  drain({ model, key }: Home): void {
    if (this.#world.rules.within > 0) return;
    const wanted = model.isEnding ? undefined : model.isUsed;
    model.breaker.forgive();
    // Before listeners hear what has become of the breaker, who may call it.
    model.leave();
    this.#promised.push({ watched: new Watched(this.#world.control.evict(key, { drain: true })), wanted, what: 'evict' });
    // After that of the module.
    queueMicrotask(() => model.departIfDue());
  }

  /** `drain()` or `dispose()`. */
  close(how: 'drain' | 'dispose'): void {
    const { rules, control, all: homes } = this.#world;
    rules.closing ??= 'draining';
    if (how === 'dispose') {
      for (const { model } of homes) {
        model.breaker.forgive();
        model.leave();
      }
    }
    this.#promised.push({ watched: new Watched(control[how]()), wanted: undefined, what: how });
    if (how === 'dispose') for (const { model } of homes) queueMicrotask(() => model.departIfDue());
  }

  /** Whether something that was promised has not come yet. */
  get isWaiting(): boolean {
    return this.#promised.some(({ watched }) => watched.state === 'pending');
  }

  /** What was promised has come, when nothing is in flight any more. */
  end(): void {
    const { rules, default: home } = this.#world;
    for (const { watched, wanted, what } of this.#promised) {
      if (watched.state !== 'resolved' || (wanted !== undefined && watched.value !== wanted))
        home.model.violate(`I5: what ${what}() has promised is ${watched.state}: ${show(watched.value)} in place of ${show(wanted)}`);
    }
    if (rules.closing !== undefined) this.renew(home);
  }

  /** Time passes, in which nobody calls: siblings that have nothing to do for long are evicted, where the program wants that. */
  idle(wantsLong: boolean): void {
    const { all: homes, pool, members, rules, clock } = this.#world;
    const serving = (some: readonly Home[]): number => some.filter(({ model }) => model.current !== undefined).length;
    // Of several that serve in place of the default instance one is kept, and which that is depends on when each was made.
    const isLong = wantsLong && !(serving(members) > 1 && serving(pool) === serving(members));
    rules.waits = true;
    for (const { model } of homes) model.passes();
    clock.move(isLong ? 3 * IDLE_MS : 0.6 * IDLE_MS);
    rules.waits = false;
    for (const home of homes) {
      const { model } = home;
      model.ages();
      const isBusy = this.#flights.owed(home) > 0 || (model.current?.listeners ?? 0) > 0;
      const maySpare = home.isSibling || (home.isMember && serving(pool) > rules.least);
      if (isLong && rules.evictsIdle && maySpare && model.isSurelyUsed && !isBusy) model.evict();
    }
  }

  /** The instances of the pool are ended beyond so many. */
  #endPool(most: number): void {
    for (const { model } of this.#world.members.slice(most - 1)) model.evict();
  }

  /** Those that are made ahead are there in a microtask. */
  #fillPool(): void {
    const { members, rules } = this.#world;
    if (rules.least < 2) return;
    queueMicrotask(() => {
      for (const { model } of members.slice(0, rules.least - 1)) model.isMadeAhead();
    });
  }

  configure(option: Option): void {
    const { rules, control, all: homes } = this.#world;
    switch (option) {
      case 'foreign-keep':
      case 'foreign-recover':
        rules.foreign = option === 'foreign-keep' ? 'keep' : 'recover';
        control.configure({ foreignExceptions: rules.foreign });
        break;
      case 'ignore':
      case 'throw':
        rules.staleClosures = option;
        control.configure({ staleClosures: option });
        break;
      case 'redact':
      case 'show':
        this.#world.redact(option === 'redact');
        break;
      case 'limit':
      case 'no-restart':
      case 'no-limit':
        // In between it would depend on what has failed before.
        if (homes.some(({ model }) => model.isMissing)) break;
        rules.maxRestarts = { limit: 1, 'no-restart': 0, 'no-limit': Number.POSITIVE_INFINITY }[option];
        for (const { model } of homes) model.breaker.configured();
        control.configure({ maxRestarts: rules.maxRestarts });
        break;
      case 'break':
      case 'break-at-once':
      case 'no-break':
        rules.consecutiveFailures = { break: 3, 'break-at-once': 1, 'no-break': Number.POSITIVE_INFINITY }[option];
        for (const { model } of homes) model.breaker.configured();
        control.configure({ consecutiveFailures: rules.consecutiveFailures });
        break;
      case 'few':
      case 'many':
        rules.maxInstances = option === 'few' ? 2 : 64;
        control.configure({ maxInstances: rules.maxInstances });
        break;
      case 'evict-idle':
      case 'keep-idle':
        // Which of those go that a pool need not keep, depends on when each was made.
        if (rules.least > 1) break;
        rules.evictsIdle = option === 'evict-idle';
        control.configure({ idleMs: rules.evictsIdle ? IDLE_MS : Number.POSITIVE_INFINITY });
        break;
      case 'recycle':
      case 'keep':
        control.configure({ recycle: option === 'recycle' ? { turns: RECYCLED_AFTER } : undefined });
        break;
      case 'share-two':
      case 'share-three':
      case 'share-ahead':
        // One of the same name that has not ended yet would be taken for it.
        if (this.#world.entered || this.#world.members.some(({ model }) => model.isLeft)) break;
        if (option === 'share-ahead' && rules.evictsIdle) break;
        rules.isPooled = false;
        rules.most = option === 'share-two' ? 2 : 3;
        rules.least = option === 'share-ahead' ? 2 : 1;
        // Of those that are too many no instance is left, but what has become of their breakers.
        this.#endPool(rules.most);
        control.configure({ pool: { max: rules.most, min: rules.least } });
        this.#fillPool();
        break;
      case 'pool':
      case 'no-pool':
        // In the middle of a call, where the next goes would depend on who has called whom before.
        if (this.#world.entered) break;
        this.#endPool(1);
        rules.most = rules.least = 1;
        rules.isPooled = option === 'pool';
        control.configure({ pool: rules.isPooled ? { max: 1_000, route: () => this.#world.rules.routeTo } : undefined });
    }
  }
}
