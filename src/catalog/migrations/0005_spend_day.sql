-- A day's spend of all workspaces is looked up by its day. A database made by a build in between has the index from 0004.
CREATE INDEX IF NOT EXISTS workspace_spend_day ON workspace_spend (day);
