-- The catalog: definitions, and an index that lists sessions. Times are microseconds since 1970; `bytes` is the length of what one
-- list item carries, so that a page can end before it grows too long. The lists' indexes end in (created_at, id): keyset paging.

CREATE TABLE agents (
  id TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  archived_at INTEGER
) WITHOUT ROWID;
CREATE INDEX agents_all ON agents (workspace, created_at, id);
CREATE INDEX agents_live ON agents (workspace, created_at, id) WHERE archived_at IS NULL;

-- One row per version; `definition` is JSON and is never changed.
CREATE TABLE agent_versions (
  agent_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (agent_id, version)
);

CREATE TABLE environments (
  id TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  archived_at INTEGER,
  bytes INTEGER NOT NULL,
  definition TEXT NOT NULL
);
CREATE INDEX environments_all ON environments (workspace, created_at, id);
CREATE INDEX environments_live ON environments (workspace, created_at, id) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX environments_name ON environments (workspace, name) WHERE archived_at IS NULL;

-- What sessions run, once per agent, version and overrides: `sha` covers the workspace and the text.
CREATE TABLE agent_snapshots (
  sha TEXT PRIMARY KEY,
  agent TEXT NOT NULL
);

-- The session object is the truth; this row is what lists show of it. `creating` rows are not listed. The last line of columns says who
-- asked for the session, so that a repeated request finds it.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  status TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  agent_version INTEGER NOT NULL,
  snapshot TEXT NOT NULL,
  environment_id TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  title TEXT,
  metadata TEXT NOT NULL,
  usage TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  archived_at INTEGER,
  ordinal INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  cred TEXT NOT NULL, idempotency_key TEXT, digest TEXT NOT NULL, retry INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_status ON sessions (workspace, status, created_at, id);
CREATE INDEX sessions_agent ON sessions (workspace, agent_id, status, created_at, id);
CREATE INDEX sessions_version ON sessions (workspace, agent_id, agent_version, status, created_at, id);
CREATE INDEX sessions_sender ON sessions (workspace, cred, created_at);
CREATE INDEX sessions_snapshot ON sessions (snapshot);
CREATE INDEX sessions_creating ON sessions (created_at) WHERE status = 'creating';
CREATE UNIQUE INDEX sessions_key ON sessions (workspace, cred, idempotency_key) WHERE idempotency_key IS NOT NULL;
