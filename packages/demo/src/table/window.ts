/** Bounds how many requests are in flight, and lets one of them be alone. */
export class Window {
  readonly #size: number;
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = [];
  #inside = 0;
  #closed = false;

  constructor(size: number) {
    this.#size = size;
  }

  /** Resolves when there is a place. */
  enter(): Promise<void> {
    return this.#wait(false);
  }

  /** Resolves when nobody else is in; nobody else gets in until {@link leave}. */
  enterAlone(): Promise<void> {
    return this.#wait(true);
  }

  /** Gives the place back. */
  leave(): void {
    this.#inside--;
    this.#closed = false;
    this.#admit();
  }

  #wait(alone: boolean): Promise<void> {
    return new Promise((enter) => {
      const ticket = { alone, enter };
      // Who wants to be alone has waited once already: first in the queue.
      if (alone) this.#waiting.unshift(ticket);
      else this.#waiting.push(ticket);
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const room = next.alone ? this.#inside === 0 : this.#inside < this.#size;
      if (this.#closed || !room) return;
      this.#waiting.shift();
      this.#inside++;
      this.#closed = next.alone;
      next.enter();
    }
  }
}
