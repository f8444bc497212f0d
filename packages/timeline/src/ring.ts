/** Keeps the last so many of what is pushed, in order, and counts the others. */
export class Ring<T> {
  readonly #room: number;
  #items: T[] = [];
  #pushed = 0;

  constructor(room: number) {
    this.#room = room;
  }

  get leftOut(): number {
    return this.#pushed - this.#items.length;
  }

  push(item: T): void {
    if (this.#room > 0) this.#items[this.#pushed % this.#room] = item;
    this.#pushed++;
  }

  /** The last one that is right, among so many. */
  findLast(isRight: (item: T) => boolean, among: number): T | undefined {
    const { length } = this.#items;
    for (let back = 1; back <= Math.min(among, length); back++) {
      const item = this.#items[(this.#pushed - back) % this.#room] as T;
      if (isRight(item)) return item;
    }
    return undefined;
  }

  /** The oldest first. */
  toArray(): T[] {
    const oldest = this.leftOut === 0 ? 0 : this.#pushed % this.#room;
    return [...this.#items.slice(oldest), ...this.#items.slice(0, oldest)];
  }
}
