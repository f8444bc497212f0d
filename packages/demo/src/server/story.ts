import type { StageEvent } from '../protocol.ts';

/** For how long what has happened is told to a page that comes later, in milliseconds. */
const KEPT_MS = 60_000;

/** How many failures are told, however long ago they were. */
const FAILURES = 50;

/** Everything that has happened lately, for whoever listens, and for those who come later. */
export class Story {
  readonly #listeners = new Set<(event: StageEvent) => void>();
  /** What happened last of the kinds that replace what was before. */
  readonly #last = new Map<'started' | 'settings' | 'state', StageEvent>();
  #recent: StageEvent[] = [];

  tell(event: StageEvent): void {
    switch (event.tell) {
      case 'started':
        this.#last.clear();
        this.#recent = [];
        this.#last.set(event.tell, event);
        break;
      case 'settings':
        this.#last.set(event.tell, event);
        break;
      case 'state':
        this.#last.set(event.tell, event);
        this.#forget(event.at - KEPT_MS);
        break;
      default:
        this.#recent.push(event);
    }
    for (const listener of this.#listeners) listener(event);
  }

  /** Tells what was, and from now on what is. Gives what ends it. */
  listen(listener: (event: StageEvent) => void): () => void {
    for (const event of [...this.#last.values(), ...this.#recent]) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets what is old; not the last failures, and not the instances that serve. */
  #forget(before: number): void {
    const serving = new Map<string, StageEvent>();
    for (const event of this.#recent) if (event.tell === 'instance') serving.set(`${event.kind} ${event.place}`, event);
    const kept = new Set<StageEvent>([...serving.values(), ...this.#recent.filter(({ tell }) => tell === 'failure').slice(-FAILURES)]);
    this.#recent = this.#recent.filter((event) => event.at >= before || kept.has(event));
  }
}
