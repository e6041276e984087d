-- What came after the first version; earlier versions of the program pass over it.
-- Runs whose server was the sandbox.
CREATE TABLE IF NOT EXISTS sandbox_runs (
    run_id TEXT PRIMARY KEY REFERENCES runs
) WITHOUT ROWID;
-- One row per committed table whose rows may be missing although nothing failed.
CREATE TABLE IF NOT EXISTS incomplete_tables (
    run_id TEXT NOT NULL REFERENCES runs,
    "table" TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run_id, "table")
) WITHOUT ROWID;
-- The last runs of a pipeline, in the order in which they began, whatever the clock was.
CREATE INDEX IF NOT EXISTS runs_in_order ON runs (pipeline);
-- Each table that begins asks for the runs that have committed to its target.
CREATE INDEX IF NOT EXISTS tables_by_target ON tables (target, run_id);
