import type { Order, Settings, StageEvent } from '../protocol.ts';
import { Model } from './model.ts';

/** The connection to the server: what it tells goes into the model. */
export class Live {
  readonly model = new Model();
  /** Whether the server is there. */
  isConnected = false;
  readonly #events: EventSource;
  /** What is to be set when the server has taken what was set before. */
  #unsent: Partial<Settings> | undefined;
  #isSetting = false;

  constructor(url: string) {
    this.#events = new EventSource(url);
    this.#events.onopen = () => {
      // It tells everything once more.
      this.model.clear();
      this.isConnected = true;
    };
    this.#events.onerror = () => {
      this.isConnected = false;
    };
    this.#events.onmessage = ({ data }) => this.#hear(JSON.parse(String(data)) as StageEvent);
  }

  /** Asks the server for something. Where that fails, the page says that the server is gone. */
  async order(order: Order): Promise<void> {
    if (order.do !== 'set') return this.#post(order);
    this.model.settings = { ...this.model.settings, ...order.settings };
    this.#unsent = { ...this.#unsent, ...order.settings };
    if (this.#isSetting) return;
    this.#isSetting = true;
    // One after the other, for they could overtake each other.
    for (let settings: Partial<Settings> | undefined = this.#unsent; settings !== undefined; settings = this.#unsent) {
      this.#unsent = undefined;
      await this.#post({ do: 'set', settings });
    }
    this.#isSetting = false;
  }

  #hear(event: StageEvent): void {
    // What was set before: a slider that is being moved would go back.
    if (event.tell === 'settings' && this.#isSetting) return;
    this.model.hear(event);
  }

  async #post(order: Order): Promise<void> {
    try {
      await fetch('orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(order) });
    } catch {
      this.isConnected = false;
    }
  }
}
