import type { StatePages } from '@wasm-revive/kernel';

/** What is used of an object's storage. */
export interface StateStorage {
  readonly sql: { exec(query: string, ...bindings: unknown[]): { toArray(): Record<string, unknown>[] } };
  transactionSync(run: () => void): void;
}

const TABLE = '_wasm_revive_state';

/** Pages that are none. */
const HEAD = -1;
const OUTDATED = -2;

/** A state as the rows of a table, one a page: of a page that is as it was when it was written last, nothing is written again. */
export class StateRows {
  readonly #storage: StateStorage;
  /** What is in the table; undefined where nobody knows. */
  #written: { head: Uint8Array; isOutdated: boolean; readonly digests: Map<number, string> } | undefined;

  constructor(storage: StateStorage) {
    this.#storage = storage;
  }

  /** The state, where there is one. */
  read(): { readonly head: Uint8Array; readonly pages: readonly Uint8Array[] } | 'outdated' | undefined {
    if (!this.#isThere()) return undefined;
    const rows = this.#rows('SELECT page, bytes FROM', 'ORDER BY page');
    const [head, ...pages] = rows.map(({ bytes }) => bytes);
    const first = rows[0]?.page;
    if (head === undefined || (first !== HEAD && first !== OUTDATED)) return undefined;
    this.#written = {
      head,
      isOutdated: first === OUTDATED,
      digests: new Map(rows.slice(1).map(({ page, bytes }) => [page, digest(bytes)])),
    };
    return first === OUTDATED ? 'outdated' : { head, pages };
  }

  /**
   * Writes what has changed, all of it or nothing. Where the program has deleted everything meanwhile (`deleteAll()`), that is respected: it begins with
   * the next state.
   */
  write({ head, pages }: StatePages): void {
    const before = this.#written;
    if (before !== undefined && !this.#isAsWritten(before)) {
      this.#written = undefined;
      return;
    }
    const digests = new Map([...pages].map(([page, bytes]) => [page, digest(bytes)]));
    if (before !== undefined && !before.isOutdated && isSame(before.head, head)) return;
    this.#storage.transactionSync(() => {
      if (before === undefined) {
        this.#exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (page INTEGER PRIMARY KEY, bytes BLOB NOT NULL)`);
        this.#exec(`DELETE FROM ${TABLE}`);
      }
      const put = (page: number, bytes: Uint8Array): unknown => this.#exec(`INSERT OR REPLACE INTO ${TABLE} VALUES (?, ?)`, page, bytes);
      for (const [page, bytes] of pages) if (digests.get(page) !== before?.digests.get(page)) put(page, bytes);
      for (const page of before?.digests.keys() ?? []) if (!digests.has(page)) this.#exec(`DELETE FROM ${TABLE} WHERE page = ?`, page);
      if (before?.isOutdated) this.#exec(`DELETE FROM ${TABLE} WHERE page = ${OUTDATED}`);
      put(HEAD, head);
    });
    this.#written = { head: head.slice(), isOutdated: false, digests };
  }

  /** Nobody is to begin with what is there: it is older than what was answered. */
  outdate(): void {
    const before = this.#written;
    if (before === undefined || before.isOutdated) return;
    if (this.#isThere()) this.#exec(`UPDATE ${TABLE} SET page = ${OUTDATED} WHERE page = ${HEAD}`);
    before.isOutdated = true;
  }

  /** There is no state. */
  clear(): void {
    this.#written = undefined;
    if (this.#isThere()) this.#exec(`DELETE FROM ${TABLE}`);
  }

  #isAsWritten({ head, isOutdated }: { readonly head: Uint8Array; readonly isOutdated: boolean }): boolean {
    if (!this.#isThere()) return false;
    const [row] = this.#rows('SELECT page, bytes FROM', 'WHERE page < 0');
    return row !== undefined && row.page === (isOutdated ? OUTDATED : HEAD) && isSame(row.bytes, head);
  }

  #isThere(): boolean {
    return this.#storage.sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', TABLE).toArray().length > 0;
  }

  #rows(select: string, which: string): { page: number; bytes: Uint8Array }[] {
    const rows = this.#storage.sql.exec(`${select} ${TABLE} ${which}`).toArray();
    return rows.map(({ page, bytes }) => ({ page: page as number, bytes: new Uint8Array(bytes as ArrayBuffer) }));
  }

  #exec(query: string, ...bindings: unknown[]): unknown {
    return this.#storage.sql.exec(query, ...bindings);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** 64 bits by which pages are told apart: as much as would have to be equal by chance for a change to be overlooked. */
function digest(bytes: Uint8Array): string {
  let one = 0x9e37_79b9 ^ bytes.length;
  let other = 0x85eb_ca6b;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    one = Math.imul(one ^ byte, 0x0100_0193);
    other = Math.imul(other + byte, 0x5bd1_e995);
    other ^= other >>> 15;
  }
  return `${one >>> 0} ${other >>> 0}`;
}
