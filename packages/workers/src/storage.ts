/**
 * Refuses a storage without SQL, which it says by a statement. Note: in miniflare it has transactions all the same.
 * @param wanted what it is needed for: `Counter is to be transactional`
 * @throws TypeError where the storage isn't backed by SQLite
 */
export function checkSql(storage: object, wanted: string): void {
  try {
    (storage as { readonly sql: { exec(query: string): unknown } }).sql.exec('SELECT 1');
  } catch (cause) {
    throw new TypeError(`wasm-revive: ${wanted}, for which its storage has to be SQLite: name it in new_sqlite_classes of wrangler.toml.`, {
      cause,
    });
  }
}
