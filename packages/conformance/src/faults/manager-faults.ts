/** Faults of the manager of instances, each of which random schedules have to find: see `test/schedules.test.ts`. */
import type { Fault, Patch } from './faults.ts';

/** @param patches what is found in the runtime, and what is put in its place */
function fault(name: string, ...patches: readonly (readonly [find: string, put: string])[]): Fault {
  return { name, patches: patches.map(([find, put]): Patch => ({ file: 'runtime', find, put })) };
}

export const MANAGER_FAULTS: readonly Fault[] = [
  fault('an instance that is evicted leaves its promises pending', [
    'if (current !== void 0) this.#end(current, reason);',
    'if (current !== void 0) this.vacate(current);',
  ]),
  fault('an instance that is evicted, or reset, serves on until the end of the turn', [
    'this.#current = void 0;\n\t\tthis.#around.sendTo(void 0);',
    'this.#current = void 0;',
  ]),
  fault('what an evicted instance has left with the host stays there', [
    'if (this.#end(error)) this.registrations.takeBack();',
    'this.#end(error);',
  ]),
  fault(
    'handles of a lost sibling are served by its next instance',
    ['owners.delete(this.space);', ''],
    ['this.#current?.space === space ? this.#current : this.#departures.at(space)', 'this.#current ?? this.#departures.at(space)'],
  ),
  fault('handles of siblings are served by the one whose handle was used last', [
    'if (raw.api !== void 0 && pointer >= base && pointer < base + 2 ** 32) return raw.api;',
    'if (raw.api !== void 0) return raw.api;',
  ]),
  fault("a handle's finalizer runs on the sibling that has made one last", [
    'const use = space === void 0 ? void 0 : this.#uses.get(space);',
    'const use = [...this.#uses.values()].findLast(({ callback }) => callback);',
  ]),
  fault('instances that owe promises are evicted as idle', [
    'callsInFlight > 0 || registrations.areAny || !scope.isQuiescent()',
    'registrations.areAny || !scope.isQuiescent()',
  ]),
  fault('instances that were called are evicted as idle', ['if (this.#wasCalled || this.slot.isBusy', 'if (this.slot.isBusy']),
  fault('the supervisor is not told of a loss', ['supervisor.lost(error);\n', '']),
  fault('an evicted key remembers its failures', ['supervisor.forget();', '']),
  fault('a breaker counts on where a call has gone well', ['this.#failures = this.#unused = 0;\n\t\tif', 'if']),
  fault('in a pool, calls go to the first instance, whatever that owes', ['if (calls === 0) return seat;', 'return seat;']),
  fault('there are more keyed instances than there may be', ['if (keyed >= most) throw', 'if (keyed > most) throw']),
  fault('an instance that drains does not wait for its calls in flight', [
    'if (isIdle(this.instance) && !this.instance.promises.haveBeen) this.end();',
    'if (!this.#isOver) this.end();',
  ]),
  fault('new calls go to an instance that drains', ['this.#around.departs(instance, isReplaced);', '']),
  fault('a pool leads to the default instance, whatever the key', ['this.#ofKey(route(site.name, givenTo(site, args)))', 'this.#default']),
  fault('in a pool, a call does not stay in the instance that has called', [
    'return this.#nested() ?? (route === void 0',
    'return (route === void 0',
  ]),
  fault('events do not say which instance they are about', ['return key === void 0 ? {} : { instance: key };', 'return {};']),
  fault('events that a listener causes come in the middle of the one before', [
    'if (this.#depth === 0) this.#emitAll();',
    'this.#emitAll();',
  ]),
];

/** A fault of it that random programs have to find whose calls are run again: see `test/retried.test.ts`. */
export const RETRY_FAULT: Fault = fault('a call that failed by itself is run again as often as any other', [
  'this.#own > 1 || this.#repeats >=',
  'this.#repeats >=',
]);
