-- What an operator sets without a deploy, and what a day has cost. `*` in the place of a workspace is every workspace; no workspace can be
-- named so. Times are microseconds since 1970, days are days since 1970 (UTC), units are those of brain/prices.ts.

CREATE TABLE stops (
  workspace TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  operator TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;

-- By the credential's name; its value is not known here.
CREATE TABLE revoked_keys (
  workspace TEXT NOT NULL,
  cred TEXT NOT NULL,
  operator TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (workspace, cred)
) WITHOUT ROWID;

-- Null: none of its own; then that of `*` counts.
CREATE TABLE workspace_limits (
  workspace TEXT PRIMARY KEY,
  running_sessions INTEGER,
  cents_per_day INTEGER
) WITHOUT ROWID;

-- A session's cost of a day as it last said, so that a repeated push adds nothing; and the sum over the sessions, kept in the same transaction.
CREATE TABLE session_spend (
  day INTEGER NOT NULL,
  session TEXT NOT NULL,
  units INTEGER NOT NULL,
  PRIMARY KEY (day, session)
) WITHOUT ROWID;
CREATE TABLE workspace_spend (
  workspace TEXT NOT NULL,
  day INTEGER NOT NULL,
  units INTEGER NOT NULL,
  PRIMARY KEY (workspace, day)
) WITHOUT ROWID;

-- Who did what. `detail` is JSON.
CREATE TABLE operator_actions (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  operator TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL
);
