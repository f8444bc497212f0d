import { complain, type Instance, inMicrotask, PersistAnswer, PersistOffset, PersistRequest, persistView } from '@wasm-revive/kernel';
import type { ReviveOptions } from '../control.js';
import { type Emitter, type Events, tell } from '../events.js';

/** What a program has saved of one value. */
export interface Saved {
  /** The version that the program gave the value. */
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** Where a program keeps what Rust has saved, beside the memory of the runtime. What these throw is logged, and changes nothing. */
export interface PersistStore {
  /**
   * Gives what was saved under a name, when the value is used for the first time and this runtime has nothing saved of it. Called while Rust waits.
   * @param instance the key of a sibling as text
   * @param key the key itself: objects may all have the same text
   */
  readonly load?: (name: string, instance: string | undefined, key: unknown) => Saved | undefined;
  /** Called in a microtask after each turn that has saved. The parameters are those of `load`. */
  readonly save?: (name: string, saved: Saved, instance: string | undefined, key: unknown) => void;
}

/** What {@link ReviveOptions.maxPersistedBytes} is by default. */
const MOST_BYTES = 16 * 2 ** 20;

/** What is kept under one name. */
interface Entry {
  /** The last that has used or saved it. What an older one saves, which still ends its last turn, is not what that one has begun with. */
  generation: number;
  /** Undefined: nothing, and the store isn't asked, for what it gave could not be restored. */
  readonly saved: Saved | undefined;
}

/** What Rust has asked for in a turn. */
interface Turn {
  /** The values that are being decoded, the innermost last. */
  readonly loading: string[];
  readonly saves: Map<string, Saved>;
}

/** What {@link Persisted} needs of the place whose instances it serves. */
export interface PersistSurroundings {
  /** The key of a sibling as text, for the store, and as it is. */
  readonly key: string | undefined;
  readonly ownKey: unknown;
  readonly emitter: Emitter;
  /** Whether an instance was made ahead, and has not served yet. */
  isAhead(instance: Instance): boolean;
  options(): ReviveOptions;
  /** What events say of where it was. */
  where(): { readonly instance?: string };
  redact(text: string): string;
}

/**
 * What the program in one place persists (the reinit-manager crate's `persist!`). Rust asks by a record in its memory, and signals that it does.
 * What it saves is copied at once and kept when the turn ends well, so that nothing is ever read out of an instance that failed.
 */
export class Persisted {
  readonly #around: PersistSurroundings;
  readonly #entries = new Map<string, Entry>();
  #turns = new WeakMap<Instance, Turn>();
  /** Those that have used a value before they served. What they have begun with may be older than what is saved by then. */
  readonly #ahead = new WeakSet<Instance>();
  /** The last generation of which nothing is kept. */
  #evicted = 0;

  constructor(around: PersistSurroundings) {
    this.#around = around;
  }

  /** Whether an instance has used a value ahead of need, so that it can't serve. */
  isSpoilt(instance: Instance): boolean {
    return this.#ahead.has(instance);
  }

  /** See `Owner`. */
  signalled(instance: Instance): boolean {
    const view = instance.exports && persistView(instance.exports);
    const request = view?.getUint32(PersistOffset.request, true) ?? 0;
    if (view === undefined || request === 0) return false;
    if (this.#around.isAhead(instance)) this.#ahead.add(instance);
    const word = (offset: number): number => view.getUint32(offset, true);
    // What a program with a torn memory asks for may be anywhere: this throws nothing.
    const bytesAt = (at: number, length: number): Uint8Array => new Uint8Array(view.buffer).slice(word(at), word(at) + word(length));
    const name = new TextDecoder().decode(bytesAt(PersistOffset.name, PersistOffset.nameLength));
    const bytes = (): Uint8Array => bytesAt(PersistOffset.bytes, PersistOffset.bytesLength);
    const version = word(PersistOffset.version);
    const turn: Turn = this.#turns.get(instance) ?? { loading: [], saves: new Map() };
    this.#turns.set(instance, turn);
    switch (request) {
      case PersistRequest.find:
        answer(instance, this.#find(name, instance));
        break;
      case PersistRequest.load: {
        const saved = this.#entries.get(name)?.saved;
        turn.loading.push(name);
        if (saved?.bytes.length !== word(PersistOffset.bytesLength)) break;
        const place = word(PersistOffset.bytes);
        // Note: the log may have the memory grow for it.
        instance.undo?.note(place, saved.bytes.length);
        new Uint8Array((persistView(instance.exports as WebAssembly.Exports) ?? view).buffer).set(saved.bytes, place);
        answer(instance, saved);
        break;
      }
      case PersistRequest.restored: {
        loaded(turn, name);
        if (this.isSpoilt(instance)) break;
        const length = this.#entries.get(name)?.saved?.bytes.length ?? 0;
        this.#emit('restored', { name, version, bytes: length, ...this.#of(instance) });
        break;
      }
      case PersistRequest.notRestored:
        loaded(turn, name);
        this.#notRestored(name, instance, this.#text(bytes()));
        break;
      case PersistRequest.save: {
        const saved = { version, bytes: bytes() };
        const refused = this.#refuse(name, saved, turn);
        if (refused === undefined) turn.saves.set(name, saved);
        else this.#failed(name, 'save', refused, instance);
        answer(instance, refused === undefined ? saved : undefined);
        break;
      }
      case PersistRequest.notSaved:
        this.#failed(name, 'save', this.#text(bytes()), instance);
        break;
    }
    return true;
  }

  /** See `Owner`. */
  turnEnded(instance: Instance): void {
    const turn = this.#turns.get(instance);
    if (turn === undefined) return;
    this.#turns.delete(instance);
    for (const name of turn.loading) this.#notRestored(name, instance, 'an exception has left the decoding of it');
    // What has left Rust panicking is known only later.
    if (instance.state !== 'running' || instance.isSuspected) return;
    for (const [name, saved] of turn.saves) this.#keep(name, saved, instance);
  }

  /** A failure of an instance, before anything is done about it. @param lost what the instance was lost through */
  failed(instance: Instance, lost: { readonly message: string } | undefined): void {
    const turn = this.#turns.get(instance);
    if (turn === undefined) return;
    turn.saves.clear();
    if (lost === undefined) return;
    this.#turns.delete(instance);
    const name = turn.loading.pop();
    // Another instance would be lost through the same bytes.
    if (name !== undefined) this.#notRestored(name, instance, `decoding it has cost the instance: ${lost.message}`);
  }

  /**
   * Forgets everything that was saved; what the program's store has, it keeps.
   * @param evicted the last generation of a key that was evicted: what its instances save, which still end their calls, is for the store alone
   */
  forget(evicted = 0): void {
    this.#evicted = Math.max(this.#evicted, evicted);
    this.#entries.clear();
    this.#turns = new WeakMap();
  }

  #find(name: string, instance: Instance): Saved | undefined {
    const entry = this.#entries.get(name) ?? { generation: 0, saved: this.#load(name) };
    if (this.isSpoilt(instance)) return entry.saved;
    this.#entries.set(name, { ...entry, generation: Math.max(entry.generation, instance.generation) });
    return entry.saved;
  }

  #load(name: string): Saved | undefined {
    const { persist } = this.#around.options();
    let saved: Saved | undefined;
    tell(`load(${JSON.stringify(name)}) of the option persist`, () => {
      const { key, ownKey } = this.#around;
      const given: unknown = persist?.load?.(name, key, ownKey);
      if (given === undefined || given === null) return;
      // It is refused, and a rejection that nobody handles would end a Node.js process.
      if (given instanceof Promise) given.catch(() => {});
      const { version, bytes } = given as Saved;
      if (!(bytes instanceof Uint8Array) || version >>> 0 !== version) {
        throw new TypeError('It has to give { version, bytes }, a whole number below 2 ** 32 and a Uint8Array, or undefined.');
      }
      saved = { version, bytes: bytes.slice() };
    });
    return saved;
  }

  #keep(name: string, saved: Saved, instance: Instance): void {
    const { generation } = instance;
    if (this.isSpoilt(instance)) return;
    if (generation > this.#evicted) {
      if ((this.#entries.get(name)?.generation ?? 0) > generation) {
        this.#failed(name, 'save', 'a newer instance has the value already', instance);
        return;
      }
      this.#entries.set(name, { generation, saved });
    }
    const { persist } = this.#around.options();
    if (persist?.save === undefined) return;
    // After the turn, which the glue has still to end: what the program does here may cost the instance.
    inMicrotask(() => {
      const copy = { ...saved, bytes: saved.bytes.slice() };
      tell(`save(${JSON.stringify(name)}) of the option persist`, () => persist.save?.(name, copy, this.#around.key, this.#around.ownKey));
    });
  }

  /** Why there is no room for it. */
  #refuse(name: string, { bytes }: Saved, { saves }: Turn): string | undefined {
    const { maxPersistedBytes = MOST_BYTES } = this.#around.options();
    const kept = [...this.#entries].map(([other, { saved }]) => [other, saved] as const);
    const lengths = [...new Map([...kept, ...saves])].map(([other, saved]) => (other === name ? 0 : (saved?.bytes.length ?? 0)));
    const others = lengths.reduce((sum, length) => sum + length, 0);
    if (others + bytes.length <= maxPersistedBytes) return undefined;
    return (
      `its ${bytes.length} bytes, with ${others} of other values, are more than maxPersistedBytes, ${maxPersistedBytes}, ` +
      'so that what was saved before is kept. Allow more (`__revive.configure({ maxPersistedBytes })`), or save less'
    );
  }

  #notRestored(name: string, instance: Instance, reason: string): void {
    const { generation } = instance;
    if (this.isSpoilt(instance)) return;
    if ((this.#entries.get(name)?.generation ?? 0) <= generation) this.#entries.set(name, { generation, saved: undefined });
    this.#failed(name, 'restore', reason, instance);
  }

  #failed(name: string, action: 'save' | 'restore', reason: string, instance: Instance): void {
    this.#emit('persistFailed', { name, action, reason, ...this.#of(instance) });
  }

  /** In a microtask, as Rust may be on the stack, and glue that has still to take over what it returns. */
  #emit<E extends 'restored' | 'persistFailed'>(name: E, event: Events[E]): void {
    inMicrotask(() => {
      const { emitter } = this.#around;
      if (name === 'persistFailed' && !emitter.isHeard(name)) complain('state that the program persists', event);
      else emitter.emit(name, () => event);
    });
  }

  #of({ generation }: Instance): { readonly generation: number; readonly instance?: string } {
    return { generation, ...this.#around.where() };
  }

  #text(bytes: Uint8Array): string {
    return this.#around.redact(new TextDecoder().decode(bytes));
  }
}

/** Answers what an instance has asked. It is asked for its memory anew: the program may have run meanwhile. */
function answer({ exports }: Instance, saved: Saved | undefined): void {
  const view = exports && persistView(exports);
  view?.setUint32(PersistOffset.answer, saved === undefined ? PersistAnswer.no : PersistAnswer.yes, true);
  view?.setUint32(PersistOffset.version, saved?.version ?? 0, true);
  view?.setUint32(PersistOffset.bytesLength, saved?.bytes.length ?? 0, true);
}

function loaded({ loading }: Turn, name: string): void {
  const at = loading.lastIndexOf(name);
  if (at >= 0) loading.splice(at, 1);
}
