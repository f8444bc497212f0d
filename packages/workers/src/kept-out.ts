import { type Crashed, type Quarantine, quarantine } from '@wasm-revive/entrypoint-shim';
import { complain, isReviveError } from '@wasm-revive/kernel';
import type { QuarantineStore, RequestQuarantine } from './options.js';

/** How many bytes of a body are read to know a request by. */
const MOST_BYTES = 2 ** 20;

/** What crashes of a request are remembered by. Bodies are read ahead only once one has crashed that had one. */
const [PLAIN, WITH_BODY] = ['fetch', 'fetch with a body'];

/** Refuses requests that have crashed so often that it is no accident. */
export class KeptOut {
  readonly #options: RequestQuarantine;
  readonly #quarantine: Quarantine;
  readonly #store: QuarantineStore | undefined;
  /** What the store is to be told. */
  readonly #changed: Crashed[] = [];
  #hasLearned = false;
  #readsBodies = false;

  /** @param store undefined: nothing is remembered but what happens here */
  constructor(options: RequestQuarantine, store: QuarantineStore | undefined) {
    this.#options = options;
    this.#store = store;
    const { after, panics, limit } = options;
    this.#quarantine = quarantine({
      ...(after !== undefined && { after }),
      ...(panics !== undefined && { panics }),
      ...(limit !== undefined && { limit }),
      changed: (entry) => this.#changed.push(entry),
    });
  }

  /** Answers a request by a call. @throws ReviveError `REVIVE_QUARANTINED` where it is refused */
  async run<R>(request: Request, call: () => R | PromiseLike<R>): Promise<R> {
    // Each request that comes before the first one has learned asks by itself: none waits for what another one has asked.
    if (!this.#hasLearned) await this.#learn();
    const own = this.#options.key;
    const hasBody = own === undefined && request.body !== null;
    const known = own === undefined ? await this.#nameOf(request) : await own(request);
    const run = async (): Promise<R> => call();
    try {
      if (known === undefined) return await run();
      return await this.#quarantine(run, hasBody ? WITH_BODY : PLAIN, [known]);
    } catch (error) {
      if (hasBody && isReviveError(error, 'REVIVE_ABORT')) this.#readsBodies = true;
      for (const entry of this.#changed.splice(0)) await this.#tell(entry);
      throw error;
    }
  }

  /** Undefined where too little is known of it. */
  async #nameOf(request: Request): Promise<string | undefined> {
    const name = `${request.method} ${request.url}`;
    if (request.body === null) return name;
    const length = Number(request.headers.get('content-length') ?? Number.NaN);
    if (!this.#readsBodies || !(length <= MOST_BYTES)) return undefined;
    const hash = await crypto.subtle.digest('SHA-256', await request.clone().arrayBuffer());
    return `${name} ${Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }

  async #learn(): Promise<void> {
    try {
      const entries = [...((await this.#store?.list()) ?? [])];
      this.#quarantine.learn(entries);
      this.#readsBodies ||= entries.some(({ path }) => path === WITH_BODY);
      this.#hasLearned = true;
    } catch (error) {
      complain('the store of a quarantine failed', error);
    }
  }

  async #tell(entry: Crashed): Promise<void> {
    try {
      await this.#store?.put(entry);
    } catch (error) {
      complain('the store of a quarantine failed', error);
    }
  }
}
