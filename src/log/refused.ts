/**
 * What SQLite calls the failures of a storage: full, failing, read-only, damaged. The runtime puts the name into its errors, those of D1 and those
 * that have crossed RPC too.
 */
const NAME = /\bSQLITE_(?:FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB)(?:_[A-Z]+)*\b/g;

/** SQLite's most exact name of what the storage failed with; null for any other error. It is one of a fixed list: never content. */
export function storageFailure(error: unknown): string | null {
  return error instanceof Error ? (error.message.match(NAME)?.at(-1) ?? null) : null;
}
