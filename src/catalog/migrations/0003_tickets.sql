-- One-time tickets for browsers. `digest` is the SHA-256 (hex) of the ticket, which itself is not stored; `expires_at` is microseconds since
-- 1970. A use deletes its row, so of two uses at the same time one finds it.
CREATE TABLE tickets (
  digest TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  cred TEXT NOT NULL,
  session_id TEXT NOT NULL,
  access TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tickets_expired ON tickets (expires_at);
