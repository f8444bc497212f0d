import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** What the demo service exports (`crates/demo-service`), whatever was done to it after wasm-bindgen. */
export interface Service {
  render_markdown(source: string): string;
  excerpt(source: string, length: number): string;
  publish(body: Promise<string | null>, excerptLength: number, stored: Promise<void>): Promise<string>;
  thumbnail(bytes: Uint8Array, side: number): Uint8Array;
  upload_picture(body: Promise<Uint8Array>, side: number): Promise<Uint8Array>;
  evaluate(formula: string): number;
  order_total(json: string): number;
  column_total(csv: string, column: string): number;
  search(pattern: string, text: string): string;
  count_visit(): number;
  audit(line: string): number;
  review_audit(count: number, visit: (line: string) => void): number;
  panic_button(): void;
  abort_button(): void;
  readonly SessionStore: new () => SessionStore;
  /** Only in output made with `--experimental-reset-state-function`. */
  readonly __wbg_reset_state?: () => void;
  /** Only in transformed output. */
  readonly __revive?: { readonly stats: { readonly recoveries: number } };
}

/** The service's exported class. */
export interface SessionStore {
  open(id: string): void;
  add(id: string, amount: number): number | undefined;
  balance(id: string): number | undefined;
  transfer(from: string, to: string): number;
}

/** Loads wasm-bindgen's `nodejs` output from a folder. */
export async function loadService(dir: string): Promise<Service> {
  const file = readdirSync(dir).find((name) => name.endsWith('.js') && !name.endsWith('_bg.js') && name.startsWith('wasm_revive_demo'));
  if (file === undefined) throw new Error(`There is no demo service in ${dir}.`);
  const loaded = (await import(pathToFileURL(path.join(dir, file)).href)) as { default?: Service } & Service;
  // CommonJS comes as the default export.
  return loaded.default ?? loaded;
}

/** The service and the one handle that a program keeps: its session store. */
export class Client {
  readonly service: Service;
  readonly #isStale: (error: unknown) => boolean;
  #store: SessionStore;

  constructor(service: Service, isStale: (error: unknown) => boolean) {
    this.service = service;
    this.#isStale = isStale;
    this.#store = new service.SessionStore();
  }

  /** Uses the store; when it belongs to an instance that is gone, makes a new (empty) one and uses that. */
  sessions<T>(use: (store: SessionStore) => T): T {
    try {
      return use(this.#store);
    } catch (error) {
      if (!this.#isStale(error)) throw error;
      this.#store = new this.service.SessionStore();
      return use(this.#store);
    }
  }
}
