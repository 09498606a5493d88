-- What a session's update may change is in its row too; the budget is JSON, null when there is none.
ALTER TABLE sessions ADD COLUMN budget TEXT;
-- Whether anything still refers to an environment.
CREATE INDEX sessions_environment ON sessions (environment_id);

-- Seals the cursors of all lists (hex): no client knows it, and it outlives every API key.
CREATE TABLE cursor_key (key TEXT NOT NULL);
INSERT INTO cursor_key SELECT lower(hex(randomblob(32)));
