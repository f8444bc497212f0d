import type { Crashed } from '@wasm-revive/entrypoint-shim';
import type { QuarantineStore } from './options.js';
import type { StateStorage } from './state-rows.js';

/** What is used of a namespace of Workers KV. */
interface KvNamespace {
  list(options: { readonly prefix: string; readonly cursor?: string }): Promise<{
    readonly keys: readonly { readonly metadata?: unknown }[];
    readonly cursor?: string;
  }>;
  put(key: string, value: string, options: { readonly metadata: unknown; readonly expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/** For how long a request that has crashed is remembered, in seconds, unless it crashes again. */
const REMEMBERED_S = 30 * 24 * 60 * 60;

/**
 * Remembers in Workers KV what has crashed on a build: another build begins without.
 * @param binding the namespace's name in `env`
 * @throws TypeError where there is none of that name
 */
export function kvStore(env: unknown, binding: string, build: string): QuarantineStore {
  const namespace = (env as Record<string, KvNamespace | undefined>)[binding];
  if (namespace === undefined)
    throw new TypeError(`wasm-revive: quarantine is to remember requests in ${binding}, and there is no such binding of a KV namespace.`);
  const prefix = `wasm-revive:${build}:`;
  return {
    async list() {
      const all: Crashed[] = [];
      let cursor: string | undefined;
      do {
        const page = await namespace.list({ prefix, ...(cursor !== undefined && { cursor }) });
        // In the metadata, so that one question gives a thousand.
        all.push(...page.keys.map(({ metadata }) => metadata as Crashed));
        cursor = page.cursor === '' ? undefined : page.cursor;
      } while (cursor !== undefined);
      return all;
    },
    put: (entry) =>
      entry.crashes === 0
        ? namespace.delete(prefix + entry.key)
        : namespace.put(prefix + entry.key, '', { metadata: entry, expirationTtl: REMEMBERED_S }),
  };
}

const TABLE = '_wasm_revive_crashed';

/** Remembers in an object's own storage what has crashed on a build. */
export function sqlStore(storage: StateStorage, build: string): QuarantineStore {
  const { sql } = storage;
  return {
    list() {
      if (sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', TABLE).toArray().length === 0) return [];
      return sql
        .exec(`SELECT entry FROM ${TABLE} WHERE build = ?`, build)
        .toArray()
        .map(({ entry }) => JSON.parse(String(entry)) as Crashed);
    },
    put(entry) {
      sql.exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (key TEXT PRIMARY KEY, build TEXT NOT NULL, entry TEXT NOT NULL)`);
      // What another build has crashed by says nothing of this one.
      sql.exec(`DELETE FROM ${TABLE} WHERE key = ? OR build <> ?`, entry.key, build);
      if (entry.crashes > 0) sql.exec(`INSERT INTO ${TABLE} VALUES (?, ?, ?)`, entry.key, build, JSON.stringify(entry));
    },
  };
}
