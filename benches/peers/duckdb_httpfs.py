"""DuckDB's own reader over HTTP, told exactly what to read. Arguments: URL JOB OUT."""

import glob
import os
import sys

import duckdb
import duckdb_extension_httpfs

url, job, out = sys.argv[1:4]
NAMED = "STRUCT(name VARCHAR)"
FIELDS = {"narrow": "description VARCHAR"}
FIELDS["wide"] = f"""description VARCHAR, summary VARCHAR, status STRUCT(name VARCHAR, statusCategory {NAMED}), issuetype {NAMED},
    priority {NAMED}, project STRUCT(key VARCHAR), assignee STRUCT(displayName VARCHAR, emailAddress VARCHAR),
    reporter STRUCT(displayName VARCHAR), created VARCHAR, updated VARCHAR, duedate VARCHAR, resolution {NAMED}, labels VARCHAR[],
    components {NAMED}[], timespent BIGINT, watches STRUCT(watchCount BIGINT)"""
SELECT = {"narrow": 'i.key AS "Issue Key", i.fields.description AS "Description"'}
SELECT["wide"] = SELECT["narrow"] + """, i.id AS "Issue Id", i.fields.summary AS "Summary", i.fields.status.name AS "Status",
    i.fields.status.statusCategory.name AS "Status Category", i.fields.issuetype.name AS "Issue Type", i.fields.priority.name AS "Priority",
    i.fields.project.key AS "Project", i.fields.assignee.displayName AS "Assignee", i.fields.assignee.emailAddress AS "Assignee Email",
    i.fields.reporter.displayName AS "Reporter", i.fields.created AS "Created", i.fields.updated AS "Updated", i.fields.duedate AS "Due Date",
    i.fields.resolution.name AS "Resolution", array_to_string(i.fields.labels, ', ') AS "Labels",
    array_to_string(list_transform(i.fields.components, lambda c: c.name), ', ') AS "Components", i.fields.timespent AS "Time Spent",
    i.fields.watches.watchCount AS "Watch Count" """

db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
folder = os.path.dirname(duckdb_extension_httpfs.__file__)
db.execute(f"LOAD '{glob.glob(folder + '/extensions/*/httpfs.duckdb_extension')[0]}'")
db.execute(f"CREATE SECRET (TYPE http, BEARER_TOKEN '{os.environ['BENCH_TOKEN']}')")
page = lambda start, size: f"{url}/search?startAt={start}&maxResults={size}"
READ = "format = 'unstructured', maximum_object_size = 67108864"
total, = db.execute(f"SELECT total FROM read_json('{page(0, 1)}', columns = {{total: 'BIGINT'}}, {READ})").fetchone()
pages = [page(start, 100) for start in range(0, total, 100)]
issues = f"STRUCT(key VARCHAR, id VARCHAR, fields STRUCT({FIELDS[job]}))[]"
db.execute(f"""COPY (SELECT {SELECT[job]} FROM (SELECT unnest(issues) AS i FROM read_json({pages}, columns = {{issues: '{issues}'}}, {READ})))
               TO '{out}' (FORMAT parquet, COMPRESSION snappy)""")
