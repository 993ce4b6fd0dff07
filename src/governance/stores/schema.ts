/** The ledger's tables, as the list of what made them: a file is brought up to date by the steps it has not seen yet. */

/** One entry a version; never changed once released. */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    // One row an exchange. `key` is the first of its scopes, a JSON list; unknown amounts of tokens are null.
    `CREATE TABLE usage (
      id TEXT PRIMARY KEY, wall_ms INTEGER NOT NULL, key TEXT NOT NULL, caller TEXT NOT NULL, target TEXT NOT NULL, lane TEXT,
      fresh INTEGER, cache_read INTEGER, cache_write INTEGER, cache_write_1h INTEGER, output INTEGER, reasoning INTEGER,
      audio_input INTEGER, audio_output INTEGER, cost INTEGER, state TEXT NOT NULL, scopes TEXT NOT NULL, revision TEXT NOT NULL,
      tokens INTEGER GENERATED ALWAYS AS (coalesce(fresh, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0)
        + coalesce(cache_write_1h, 0) + coalesce(output, 0)) VIRTUAL) STRICT`,
    "CREATE INDEX usage_by_time ON usage (wall_ms)",
    "CREATE INDEX usage_by_key ON usage (key, wall_ms)",
    // Sums of every scope by the hour: they outlive the single rows, and budgets are read from them.
    `CREATE TABLE hourly (scope TEXT NOT NULL, hour_ms INTEGER NOT NULL, requests INTEGER NOT NULL, tokens INTEGER NOT NULL,
      cost INTEGER NOT NULL, unpriced INTEGER NOT NULL, PRIMARY KEY (scope, hour_ms)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE lease (holder TEXT NOT NULL, amount TEXT NOT NULL, period TEXT NOT NULL, nanos INTEGER NOT NULL,
      PRIMARY KEY (holder, amount, period)) STRICT, WITHOUT ROWID`,
    "CREATE TABLE keys (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, document TEXT NOT NULL) STRICT",
    `CREATE TABLE audit (seq INTEGER PRIMARY KEY AUTOINCREMENT, wall_ms INTEGER NOT NULL, actor TEXT NOT NULL,
      action TEXT NOT NULL, key_id TEXT, detail TEXT NOT NULL) STRICT`,
    `CREATE TABLE remembered (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, answer TEXT NOT NULL,
      expires_ms INTEGER NOT NULL) STRICT`,
  ],
  [
    // In the order of time: a row is added at the end of the table, not at a place of its own for a random id.
    `CREATE TABLE usage_by_moment (
      id TEXT NOT NULL, wall_ms INTEGER NOT NULL, key TEXT NOT NULL, caller TEXT NOT NULL, target TEXT NOT NULL, lane TEXT,
      fresh INTEGER, cache_read INTEGER, cache_write INTEGER, cache_write_1h INTEGER, output INTEGER, reasoning INTEGER,
      audio_input INTEGER, audio_output INTEGER, cost INTEGER, state TEXT NOT NULL, scopes TEXT NOT NULL, revision TEXT NOT NULL,
      tokens INTEGER GENERATED ALWAYS AS (coalesce(fresh, 0) + coalesce(cache_read, 0) + coalesce(cache_write, 0)
        + coalesce(cache_write_1h, 0) + coalesce(output, 0)) VIRTUAL, PRIMARY KEY (wall_ms, id)) STRICT, WITHOUT ROWID`,
    `INSERT INTO usage_by_moment (id, wall_ms, key, caller, target, lane, fresh, cache_read, cache_write, cache_write_1h,
      output, reasoning, audio_input, audio_output, cost, state, scopes, revision)
      SELECT id, wall_ms, key, caller, target, lane, fresh, cache_read, cache_write, cache_write_1h,
      output, reasoning, audio_input, audio_output, cost, state, scopes, revision FROM usage ORDER BY wall_ms, id`,
    "DROP TABLE usage",
    "ALTER TABLE usage_by_moment RENAME TO usage",
    "CREATE INDEX usage_by_key ON usage (key, wall_ms)",
  ],
];
