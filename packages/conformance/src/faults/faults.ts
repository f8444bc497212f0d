/**
 * Small deliberate faults, each put into a copy of a transformed package, to see which of them the rows and the scenarios find. They are made
 * in the text of the package, so that no build is needed; where that text has changed, the fault says that it can't be made.
 */

/** A change of text. */
export interface Patch {
  /** The runtime (`wasm-revive.js`), or the glue that was transformed. */
  readonly file: 'runtime' | 'glue';
  readonly find: string;
  readonly put: string;
}

export interface Fault {
  /** What is wrong then. */
  readonly name: string;
  readonly patches: readonly Patch[];
}

function fault(name: string, file: Patch['file'], find: string, put: string): Fault {
  return { name, patches: [{ file, find, put }] };
}

export const FAULTS: readonly Fault[] = [
  // Found by `guard-without-stack.test.ts` in `packages/wasm-revive` alone: the suite's witness gives the guard the stack that its own frames took.
  fault(
    'a guard does not shut its scope before it asks',
    'glue',
    '$raw.api=$raw.binding=undefined,($on??$raw).state.trap??=$e)',
    'undefined)',
  ),
  fault('an argument becomes a number behind the look at the instance', 'glue', '$0=+$0;', ''),
  fault('the result of an import becomes a number behind the look at the instance', 'glue', '$result = +', '$result = '),
  fault('an import that throws still counts as running', 'glue', '{ $on.state.imports--; throw', '{ throw'),
  fault('an import returns into frames of a lost instance', 'glue', 'if ($isFormer(binding)) throw host.dropped(held);', ''),
  fault(
    'handles of older generations are taken as arguments',
    'glue',
    'pointer !== 0 && (pointer < $base || pointer >= $end)',
    'pointer >= $end',
  ),
  fault(
    'methods of stale handles are served',
    'runtime',
    'this.#current?.space === space ? this.#current : this.#departures.at(space)',
    'this.#current ?? this.#departures.at(space)',
  ),
  fault('the first promise that Rust owes is forgotten', 'runtime', 'for (const owed of lost) {', 'for (const owed of lost.slice(1)) {'),
  fault('rejections of promises that nobody looks at reach the process', 'runtime', 'whenSettled(promise, void 0, () => {});', ''),
  fault(
    'a promise that a panic has dropped is left pending',
    'runtime',
    'if (owed.droppedBy === by) this.#abandon(owed, reason());',
    'if (owed.droppedBy === by) continue;',
  ),
  fault(
    "the executor's microtasks have no guard",
    'runtime',
    'if (!this.#own.isExecutor(callback)) return',
    'return callback;\n\t\tif (!this.#own.isExecutor(callback)) return',
  ),
  fault('tasks behind one that panicked are not polled', 'runtime', 'const POLL_ATTEMPTS = 1e4;', 'const POLL_ATTEMPTS = 1;'),
  fault(
    'a poll that a JavaScript exception tore is kept',
    'runtime',
    'failure.kind === "unwound" || instance.state === "running" && !tornPoll;',
    'failure.kind === "unwound" || instance.state === "running";',
  ),
  fault(
    "finalizers of a lost instance run on the next one's memory",
    'runtime',
    'const use = space === void 0 ? void 0 : this.#uses.get(space);',
    'const use = [...this.#uses.values()].findLast(({ callback }) => callback);',
  ),
  fault('the stack pointer stays where an exception left it', 'runtime', 'this.#stacks?.restore(this.scope.lent?.());', ''),
  fault(
    'a fresh instance serves without its start',
    'runtime',
    'if (start) instance.start();',
    'if (start && this.#generation < 2) instance.start();',
  ),
  fault(
    'a lone call whose poll aborts is told of a lost instance',
    'runtime',
    'instance.callsInFlight === 1 && entrypoint === void 0',
    'false',
  ),
  fault(
    'the event loop is named as a caller',
    'runtime',
    'return this.callbacks.entered === "caller" ? this.entryName(entry) : void 0;',
    'return this.entryName(entry);',
  ),
  fault(
    'listeners of a lost instance stay with the host',
    'runtime',
    'if (object !== void 0 && listener !== void 0) attempt(() => undo(object, listener));',
    '',
  ),
  fault('an exception is reported again at each level', 'runtime', 'isReported: crossed?.isReported === true', 'isReported: false'),
  fault(
    'recoveries are counted before the instance has started',
    'runtime',
    'if (instance !== this.#current || this.#departures.isLeaving) return void 0;',
    '',
  ),
  fault('one message of a trap is not known', 'runtime', '"unrepresentable",', ''),
  fault(
    'an abort that JavaScript swallowed is passed on as it is',
    'runtime',
    'const told = this.#passesOn ? instance.trap : instance.error;',
    'const told = error;',
  ),
];

/** The text with the fault in it. Throws where it can't be made. */
export function patched(text: string, { find, put }: Patch): string {
  if (!text.includes(find)) throw new Error(`This is in the text no more: ${find}`);
  return text.replaceAll(find, () => put);
}
