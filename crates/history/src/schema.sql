CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT NOT NULL,
    error TEXT,
    resumes TEXT,
    requests INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    waited_seconds REAL NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_pipeline ON runs (pipeline, run_id);
-- One row per table that was committed.
CREATE TABLE tables (
    run_id TEXT NOT NULL REFERENCES runs,
    position INTEGER NOT NULL,
    "table" TEXT NOT NULL,
    target TEXT NOT NULL,
    query_hash TEXT NOT NULL,
    pages INTEGER NOT NULL,
    resumed_pages INTEGER NOT NULL,
    rows_returned INTEGER NOT NULL,
    rows_rejected INTEGER NOT NULL,
    rows_discarded INTEGER NOT NULL,
    rows_written INTEGER NOT NULL,
    rows_in_files INTEGER NOT NULL,
    "window" TEXT,
    -- JSON: [[name, type], …]
    columns TEXT NOT NULL,
    PRIMARY KEY (run_id, "table")
) WITHOUT ROWID;
CREATE TABLE pages (
    run_id TEXT NOT NULL REFERENCES runs,
    "table" TEXT NOT NULL,
    page INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    PRIMARY KEY (run_id, "table", page)
) WITHOUT ROWID;
CREATE TABLE files (
    run_id TEXT NOT NULL REFERENCES runs,
    "table" TEXT NOT NULL,
    path TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT
);
CREATE INDEX files_by_run ON files (run_id, "table");
CREATE TABLE checks (
    run_id TEXT NOT NULL REFERENCES runs,
    "table" TEXT NOT NULL,
    "check" TEXT NOT NULL,
    severity TEXT NOT NULL,
    problem TEXT
);
CREATE INDEX checks_by_run ON checks (run_id, "table");
