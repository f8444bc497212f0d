import type { Order, StageEvent } from '../protocol.ts';
import { Model } from './model.ts';

/** The connection to the server: what it tells goes into the model. */
export class Live {
  readonly model = new Model();
  /** Whether the server is there. */
  isConnected = false;
  readonly #events: EventSource;

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
    this.#events.onmessage = ({ data }) => this.model.hear(JSON.parse(String(data)) as StageEvent);
  }

  /** Asks the server for something. Where that fails, the page says that the server is gone. */
  async order(order: Order): Promise<void> {
    // At once: until the server says the same, a slider that is being moved would go back.
    if (order.do === 'set') this.model.settings = { ...this.model.settings, ...order.settings };
    try {
      await fetch('orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(order) });
    } catch {
      this.isConnected = false;
    }
  }
}
