import { type Crashed, Crashes } from '@wasm-revive/entrypoint-shim';
import { complain, isReviveError, ReviveError } from '@wasm-revive/kernel';
import type { QuarantineStore, RequestQuarantine } from './options.js';

/** How many bytes of a body are read to know a request by. */
const MOST_BYTES = 2 ** 20;

/** What crashes of a request are remembered by. Bodies are read ahead only once one has crashed that had one. */
const [PLAIN, WITH_BODY] = ['fetch', 'fetch with a body'];

/**
 * Refuses requests that have crashed so often that it is no accident. Note: `quarantine` of the entrypoint-shim does that for any call; what it has for
 * arguments of all kinds and for capsules would be half of this package again.
 */
export class KeptOut {
  readonly #options: RequestQuarantine;
  readonly #after: number;
  readonly #crashes: Crashes;
  readonly #store: QuarantineStore | undefined;
  /** What the store is to be told. */
  readonly #changed: Crashed[] = [];
  #hasLearned = false;
  #readsBodies = false;

  /**
   * @param store undefined: nothing is remembered but what happens here
   * @throws TypeError for a number that is none
   */
  constructor(options: RequestQuarantine, store: QuarantineStore | undefined) {
    const { after = 3, limit = 1000 } = options;
    if (!(after >= 1 && limit >= 1))
      throw new TypeError(`wasm-revive: after (${after}) and limit (${limit}) of a quarantine have to be 1 or more.`);
    this.#options = options;
    this.#after = after;
    this.#store = store;
    this.#crashes = new Crashes(limit, (entry) => this.#changed.push(entry));
  }

  /** Answers a request by a call. @throws ReviveError `REVIVE_QUARANTINED` where it is refused */
  async run<R>(request: Request, call: () => R | PromiseLike<R>): Promise<R> {
    // Each request that comes before the first one has learned asks by itself: none waits for what another one has asked.
    if (!this.#hasLearned) await this.#learn();
    const own = this.#options.key;
    const hasBody = own === undefined && request.body !== null;
    const path = hasBody ? WITH_BODY : PLAIN;
    const known = own === undefined ? await this.#nameOf(request) : await own(request);
    const before = known !== undefined && this.#crashes.hasPath(path) ? this.#crashes.get(await keyOf(path, known)) : undefined;
    if (before !== undefined && before.crashes >= this.#after) throw refusalOf(before);
    try {
      return await call();
    } catch (error) {
      if (this.#isCrash(error)) {
        this.#readsBodies ||= hasBody;
        if (known !== undefined) this.#crashes.count(await keyOf(path, known), { path, isAsync: true, isUnsure: false });
        for (const entry of this.#changed.splice(0)) await this.#tell(entry);
      }
      throw error;
    }
  }

  #isCrash(error: unknown): boolean {
    if (!isReviveError(error) || error.report === undefined) return false;
    return error.code === 'REVIVE_ABORT' || (this.#options.panics === true && error.code === 'REVIVE_PANIC');
  }

  /** Undefined where too little is known of it. */
  async #nameOf(request: Request): Promise<string | undefined> {
    const name = `${request.method} ${request.url}`;
    if (request.body === null) return name;
    const length = Number(request.headers.get('content-length') ?? Number.NaN);
    if (!this.#readsBodies || !(length <= MOST_BYTES)) return undefined;
    return `${name} ${await hashOf(await request.clone().arrayBuffer())}`;
  }

  async #learn(): Promise<void> {
    try {
      const entries = [...((await this.#store?.list()) ?? [])];
      this.#crashes.learn(entries);
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

const keyOf = (path: string, known: unknown): Promise<string> => hashOf(new TextEncoder().encode(JSON.stringify([path, known])));

/** The SHA-256, as 64 hexadecimal digits. */
async function hashOf(bytes: BufferSource): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function refusalOf({ key, crashes }: Crashed): ReviveError {
  return new ReviveError(
    'REVIVE_QUARANTINED',
    `The request was not run: it has crashed ${crashes} ${crashes === 1 ? 'time' : 'times'} (key ${key.slice(0, 16)}…). ` +
      'It is tried again on another build, or when the store of the quarantine has forgotten it.',
  );
}
