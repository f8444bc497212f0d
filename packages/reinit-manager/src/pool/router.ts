import { type Api, type Instance, inMicrotask, type Live, type Owner, type Raw, spaceOf } from '@wasm-revive/kernel';
import type { ReviveOptions } from '../control.js';
import type { Place, Shared } from '../place/place.js';
import { NOBODY, Sibling } from '../siblings/sibling.js';
import type { Siblings } from '../siblings/siblings.js';
import { type Call, type CallSite, Calls } from './calls.js';
import { pointerOf } from './handles.js';
import { ALONE, type PoolPlan, planOf } from './pool.js';
import { type Choose, givenTo, repeatBy, routeBy, routeByOwner } from './routes.js';
import { Seat } from './seat.js';

/**
 * Where calls of the module's own exports go. As long as that is one instance, the façade is told which, and nothing here is on the path of a
 * call; else the façade goes to functions that choose one for each call.
 */
export class Router {
  readonly #shared: Shared;
  readonly #siblings: Siblings;
  readonly #default: Seat;
  /** Where the façade goes without a pool. */
  readonly live: Live = { raw: NOBODY, base: 0 };
  /** Those of a pool, the default instance's first. With keys, only that. */
  readonly #seats: Seat[];
  readonly #seatOf = new WeakMap<Owner, Seat>();
  /** Those that were called last, to be found fast. */
  readonly #keyed = new Map<unknown, Seat>();
  #plan: PoolPlan = ALONE;
  readonly #calls: () => Calls;
  /** What the façade goes to in place of a scope's functions, if it does. */
  #routing: Raw | undefined;
  /** Whether the first instance is awaited, so that others can be made ahead. */
  #isWaiting = false;
  /** Of siblings, for the functions of their scopes. */
  #apis = new WeakMap<Api, Api>();

  constructor(shared: Shared, place: Place, siblings: Siblings, calls: () => Calls) {
    this.#shared = shared;
    this.#siblings = siblings;
    this.#calls = calls;
    this.#default = new Seat(place, this.live, () => place.slot.instance());
    this.#seats = [this.#default];
    this.#seatOf.set(place, this.#default);
    this.configure(shared.settings.options);
  }

  /** The default instance's place says whom it sends calls to. */
  sendTo(instance: Instance | undefined): void {
    this.live.raw = instance?.scope.raw ?? NOBODY;
    this.live.base = instance?.base ?? 0;
    if (this.#routing === undefined) this.#tell();
  }

  /** The default instance serves. The façade is told that only when it has served a call. */
  started(): void {
    if (this.#isWaiting) this.#makeAhead();
  }

  /** Tells the façade. A handle of any instance is sent to the runtime, which finds whose it is. */
  #tell(): void {
    const { raw, base } = this.live;
    const { description, spaces } = this.#shared.module;
    const { onCurrent } = description;
    if (this.#routing !== undefined) onCurrent(this.#routing, Number.POSITIVE_INFINITY);
    // Once spaces are used again, older handles may have greater pointers.
    else onCurrent(raw === NOBODY ? undefined : (raw as Raw), spaces.areReused ? Number.POSITIVE_INFINITY : base);
  }

  /** @param changes those that changed */
  configure(changes: ReviveOptions): void {
    if (!('pool' in changes || 'retry' in changes)) return;
    const { pool, retry } = this.#shared.settings.options;
    this.#plan = planOf(pool);
    const surplus = this.#seats.splice(this.#plan.route === undefined ? this.#plan.max : 1);
    const wasRouting = this.#routing !== undefined;
    this.#routing = pool === undefined && retry === undefined ? undefined : this.#facade();
    if (wasRouting || this.#routing !== undefined) this.#tell();
    for (const { place } of surplus) {
      this.#seatOf.delete(place);
      this.#siblings.end(place as Sibling, 'Its pool was made smaller.');
    }
    if ('retry' in changes) {
      this.#apis = new WeakMap();
      for (const sibling of this.#siblings.places()) sibling.ask();
    }
    this.#makeAhead();
  }

  /** Whether calls are run again. */
  get repeats(): boolean {
    return this.#shared.settings.options.retry !== undefined;
  }

  /** The functions of a sibling's façade. */
  apiOf(sibling: Sibling, { scope }: Instance): Api {
    if (!this.repeats) return scope.api;
    const known = this.#apis.get(scope.api);
    if (known !== undefined) return known;
    const seat = this.#seatAt(sibling);
    const calls = Calls.of(scope.api);
    const api = this.#routes(
      () => seat,
      (_, index) => calls[index] as Call,
    );
    this.#apis.set(scope.api, api);
    return api;
  }

  /** Those beside the default instance that serve the module's own exports, whoever has made them. */
  places(): Place[] {
    return this.#seats.slice(1).map(({ place }) => place);
  }

  /** How many promises the instances have still to settle that serve the module's own exports. */
  get callsInFlight(): number {
    const keyed = this.#plan.route === undefined ? [] : [...this.#siblings.seated];
    const all = [...this.#seats.map(({ current }) => current), ...keyed.map(({ slot }) => slot.current)];
    return all.reduce((sum, instance) => sum + (instance?.callsInFlight ?? 0), 0);
  }

  /** The module is reset: with the default instance, all go to which its exports lead. */
  reset(): void {
    for (const { place } of this.#seats.slice(1)) this.#siblings.end(place as Sibling, 'The module was reset.');
    this.#makeAhead();
  }

  /** Whether an idle instance may go: of a pool, `min` are kept. */
  maySpare(sibling: Sibling): boolean {
    if (!this.#seats.some(({ place }) => place === sibling)) return true;
    return this.#seats.filter(({ current }) => current !== undefined).length > this.#plan.min;
  }

  /** Makes those that a pool has at least, off anybody's call. */
  #makeAhead(): void {
    this.#isWaiting = this.#default.place.slot.generation === 0;
    if (this.#isWaiting || this.#plan.min < 2) return;
    inMicrotask(() => {
      for (let n = 1; n < this.#plan.min; n++) ((this.#seats[n] ?? this.#add()).place as Sibling).makeAhead();
    });
  }

  #add(): Seat {
    const sibling = this.#siblings.member(`pool ${this.#seats.length + 1}`);
    const seat = this.#seatAt(sibling);
    this.#seats.push(seat);
    return seat;
  }

  #seatAt(sibling: Sibling): Seat {
    let seat = this.#seatOf.get(sibling);
    if (seat === undefined) {
      seat = new Seat(sibling, sibling.live, () => sibling.serving());
      this.#seatOf.set(sibling, seat);
    }
    return seat;
  }

  /**
   * Functions in place of a scope's.
   * @param choose chooses for those that are run again
   * @param route makes all others
   */
  #routes(choose: Choose, route: (site: CallSite, index: number) => Call): Api {
    const { emitter, settings } = this.#shared;
    const { idempotent, attempts = 1 } = settings.options.retry ?? {};
    return this.#calls().replaced((site, index) =>
      idempotent?.includes(site.name) && site.kind !== 'method' ? repeatBy(choose, site, index, attempts, emitter) : route(site, index),
    );
  }

  /** What the façade goes to. With the same fields in the same order as a scope's, so that V8 sees one shape. */
  #facade(): Raw {
    const choose: Choose = (site, args) => this.#choose(site, args);
    const owners = { ownerOf: (value: unknown) => this.#ownerOf(value), free: () => this.#nested() ?? this.#leastInFlight() };
    const isKeyed = this.#plan.route !== undefined;
    const api = this.#routes(choose, (site, index) => {
      const any = routeBy(choose, site, index);
      return isKeyed ? any : routeByOwner(owners, any, index);
    });
    return { state: undefined, api, binding: undefined } as never;
  }

  #choose(site: CallSite, args: readonly unknown[]): Seat {
    for (const arg of args) {
      const owner = this.#ownerOf(arg);
      if (owner !== undefined) return owner;
    }
    const { route } = this.#plan;
    return this.#nested() ?? (route === undefined ? this.#leastInFlight() : this.#ofKey(route(site.name, givenTo(site, args))));
  }

  /** Where a handle lives, or the first of an array of handles. Of what doesn't live any more, nothing is said here. */
  #ownerOf(value: unknown): Seat | undefined {
    const space = spaceOf(pointerOf(value));
    if (space === undefined) return undefined;
    const owner = this.#shared.module.owners.get(space);
    if (owner === undefined) return undefined;
    const seat = this.#seatOf.get(owner);
    if (this.#plan.route !== undefined) return seat ?? (owner instanceof Sibling ? this.#seatAt(owner) : undefined);
    // A key's may have a seat for another reason.
    return seat !== undefined && this.#seats.includes(seat) ? seat : undefined;
  }

  /** The one of which frames are on the stack, whose import has called. */
  #nested(): Seat | undefined {
    for (const seat of this.#seats) if (isEntered(seat.current)) return seat;
    if (this.#plan.route === undefined) return undefined;
    for (const sibling of this.#siblings.seated) if (isEntered(sibling.slot.current)) return this.#seatAt(sibling);
    return undefined;
  }

  #ofKey(key: unknown): Seat {
    if (key === undefined) return this.#default;
    const known = this.#keyed.get(key);
    if (known?.live.raw.api !== undefined) return known;
    const sibling = this.#siblings.sibling(key);
    this.#siblings.seat(sibling, this.#plan.max - 1);
    const seat = this.#seatAt(sibling);
    // Who owns an object may want it to be garbage.
    if (typeof key === 'object' || typeof key === 'function') return seat;
    for (const [other, { live }] of this.#keyed) if (live.raw.api === undefined) this.#keyed.delete(other);
    this.#keyed.set(key, seat);
    return seat;
  }

  #leastInFlight(): Seat {
    const seats = this.#seats;
    let hasRoom = seats.length < this.#plan.max;
    let best: Seat | undefined;
    let least = 0;
    for (let n = 0; n < seats.length; n++) {
      const seat = seats[n] as Seat;
      const { current } = seat;
      if (current === undefined) {
        hasRoom = true;
        continue;
      }
      const calls = current.callsInFlight;
      if (calls === 0) return seat;
      if (best !== undefined && calls >= least) continue;
      best = seat;
      least = calls;
    }
    return (hasRoom ? this.#another() : undefined) ?? best ?? this.#default;
  }

  /** One that has no instance yet, or none any more, where one may be made now. */
  #another(): Seat | undefined {
    if (this.#default.place.slot.generation === 0) return undefined;
    for (let n = 0; n < this.#plan.max; n++) {
      const seat = this.#seats[n] ?? this.#add();
      if (seat.current !== undefined || seat.place.slot.state === 'retired') continue;
      // Not by a call, which would count twice. Where none can be made, whoever serves takes the call, or the default instance says why.
      if (seat === this.#default) seat.place.slot.recoverQuietly();
      else (seat.place as Sibling).makeAhead();
      if (seat.current !== undefined) return seat;
    }
    return undefined;
  }
}

/** Whether an import of it is running, so that frames of it are on the stack. */
function isEntered(instance: Instance | undefined): boolean {
  return instance !== undefined && (instance.scope.raw.state as { readonly imports: number }).imports > 0;
}
