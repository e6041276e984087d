#!/usr/bin/env python3
"""Opens what `pipeline` writes with pyarrow, DuckDB and polars, and checks rows and types.

    pip install pyarrow duckdb duckdb-cli polars
    tests/readers/read.py target/debug/pipeline
"""

import datetime as dt
import decimal
import glob
import io
import os
import subprocess
import sys
import tempfile

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

CONVERT = """
    function convert(json, metadata) {
      return JSON.parse(json).issues.map((issue, n) => ({
        key: issue.key, id: "9007199254740993", n, half: n / 2, flag: n % 2 === 0, big: 9007199254740993n,
        price: "12.34", day: "2024-11-29", clock: "10:44:51.887", at: "2024-11-29T10:44:51.887-0800",
        local: "2024-11-29 10:44:51.887", spent: 5400, raw: "AAH/", doc: n % 2 ? [1] : { a: null },
        labels: ["a", null], person: { name: "Ä", born: "1970-01-02" }, counts: { x: 1, y: 2 },
        status: ["To Do", "Done/!"][n % 2], when: new Date(86400000), nothing: null,
      }))
    }
"""

COLUMNS = """
columns:
  key: { type: string, required: true }
  id: string
  big: int
  price: { type: "decimal(18,2)" }
  day: date
  clock: time
  at: timestamp
  local: timestamp_ntz
  spent: { type: duration, format: seconds }
  raw: binary
  doc: json
  labels: { type: "list<string>" }
  person: { type: "struct<name: string, born: date>" }
  counts: { type: "map<string, int>" }
"""

ARROW = {
    "key": pa.string(), "id": pa.string(), "big": pa.int64(), "price": pa.decimal128(18, 2), "day": pa.date32(),
    "clock": pa.time64("us"), "at": pa.timestamp("us", "UTC"), "local": pa.timestamp("us"),
    "spent": pa.duration("us"), "raw": pa.binary(), "n": pa.int64(), "half": pa.float64(), "flag": pa.bool_(),
    "labels": pa.list_(pa.string()), "counts": pa.map_(pa.string(), pa.int64()),
    "person": pa.struct([("name", pa.string()), ("born", pa.date32())]), "when": pa.timestamp("us", "UTC"),
}
UTC = dt.timezone.utc
ROW = {
    "key": "ABC-1", "id": "9007199254740993", "n": 0, "half": 0.0, "flag": True, "big": 9007199254740993,
    "price": decimal.Decimal("12.34"), "day": dt.date(2024, 11, 29), "clock": dt.time(10, 44, 51, 887000),
    "at": dt.datetime(2024, 11, 29, 18, 44, 51, 887000, UTC), "local": dt.datetime(2024, 11, 29, 10, 44, 51, 887000),
    "spent": dt.timedelta(hours=1, minutes=30), "raw": b"\x00\x01\xff", "doc": '{"a":null}', "labels": ["a", None],
    "person": {"name": "Ä", "born": dt.date(1970, 1, 2)}, "status": "To Do", "nothing": None,
    "when": dt.datetime(1970, 1, 2, tzinfo=UTC),
}
DUCKDB = {
    "key": "VARCHAR", "id": "VARCHAR", "big": "BIGINT", "price": "DECIMAL(18,2)", "day": "DATE", "clock": "TIME",
    "at": "TIMESTAMP WITH TIME ZONE", "local": "TIMESTAMP", "raw": "BLOB", "n": "BIGINT", "half": "DOUBLE",
    "flag": "BOOLEAN", "labels": "VARCHAR[]", "person": 'STRUCT("name" VARCHAR, born DATE)',
    "counts": "MAP(VARCHAR, BIGINT)", "doc": "JSON", "when": "TIMESTAMP WITH TIME ZONE", "nothing": "VARCHAR",
}
POLARS = {
    "key": pl.String, "big": pl.Int64, "price": pl.Decimal(18, 2), "day": pl.Date, "clock": pl.Time,
    "at": pl.Datetime("us", "UTC"), "local": pl.Datetime("us"), "raw": pl.Binary, "n": pl.Int64,
    "half": pl.Float64, "flag": pl.Boolean, "labels": pl.List(pl.String),
    "person": pl.Struct({"name": pl.String, "born": pl.Date}), "when": pl.Datetime("us", "UTC"),
}
DUCKDB_CLI = os.path.join(os.path.dirname(sys.executable), "duckdb")
N_ROWS = 230
checked = []


def run(binary, sink, stdin=None, issues=N_ROWS, columns=COLUMNS, convert=CONVERT):
    yaml = f"""name: readers
datasource:
  kind: rest
  base_url: ${{JIRA_BASE_URL}}
  auth:
    kind: oauth2
    authentication_url: ${{JIRA_AUTH_URL}}
    client_id: ${{JIRA_CLIENT_ID}}
    client_secret: ${{JIRA_CLIENT_SECRET}}
    refresh_token: ${{JIRA_REFRESH_TOKEN}}
query:
  path: /search/jql
  params: {{ jql: project = ABC order by key, fields: summary, maxResults: 100 }}
  pagination: {{ kind: cursor, next: nextPageToken, param: nextPageToken }}
converter:
  script: |
{convert}
sink: {sink}
{columns}"""
    with open("p.yaml", "w", encoding="utf-8") as file:
        file.write(yaml)
    done = subprocess.run([binary, "run", "p.yaml", "--sandbox", "--sandbox-issues", str(issues), "-q"],
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def equal(what, found, expected):
    assert found == expected, f"{what}: {found!r} is not {expected!r}"


def check_arrow(what, table, expected=ROW):
    equal(f"{what} rows", table.num_rows, N_ROWS)
    for name, kind in ARROW.items():
        found = table.schema.field(name).type
        if pa.types.is_map(kind):
            assert pa.types.is_map(found) and found.item_type == kind.item_type, f"{what} {name}: {found}"
        elif pa.types.is_list(kind):
            equal(f"{what} {name}", found.value_type, kind.value_type)
        else:
            equal(f"{what} {name}", found, kind)
    first = table.slice(0, 1).to_pylist()[0]
    for name, value in expected.items():
        equal(f"{what} {name}", first[name], value)
    equal(f"{what} counts", first["counts"], [("x", 1), ("y", 2)])
    assert not table.schema.field("key").nullable
    checked.append(f"pyarrow {what}")


def check_duckdb(what, source, types=DUCKDB):
    connection = duckdb.connect()
    if isinstance(source, pa.Table):
        connection.register("rows", source)
        source = "rows"
    connection.execute("SET TimeZone = 'UTC'")
    relation = connection.sql(f"SELECT * FROM {source}")
    found = dict(zip(relation.columns, map(str, relation.types)))
    for name, kind in types.items():
        equal(f"{what} {name}", found.get(name), kind)
    first = dict(zip(relation.columns, connection.sql(f"SELECT * FROM {source} WHERE key = 'ABC-1'").fetchall()[0]))
    for name, value in ROW.items():
        if name in types and name != "spent":
            equal(f"{what} {name}", first[name], value)
    count = connection.sql(f"SELECT count(*), count(DISTINCT key) FROM {source}").fetchall()[0]
    equal(f"{what} rows", count, (N_ROWS, N_ROWS))
    checked.append(f"duckdb {what} ({len(types)} types)")


def check_polars(what, frame):
    equal(f"{what} rows", frame.height, N_ROWS)
    for name, kind in POLARS.items():
        equal(f"{what} {name}", frame.schema[name], kind)
    first = frame.filter(pl.col("key") == "ABC-1").row(0, named=True)
    for name in ("key", "price", "day", "clock", "at", "local", "raw", "labels", "person", "big"):
        equal(f"{what} {name}", first[name], ROW[name])
    checked.append(f"polars {what}, spent is {frame.schema['spent']}")


def parquet(binary):
    for more in ("", ", compression: snappy", ", compression: gzip, compression_level: 9", ", compression: lz4",
                 ", compression: none, statistics: none, page_index: false", ", row_group_rows: 50, sort_by: [-key]",
                 ", bloom_filters: [key], dictionary_size: 0B, field_ids: true, plain: [id]"):
        run(binary, f"{{ kind: parquet, path: t.parquet{more} }}")
        what = f"parquet{more}"
        check_arrow(what, pq.read_table("t.parquet"), {} if "sort_by" in more else ROW)
        check_duckdb(what, "read_parquet('t.parquet')")
        check_polars(what, pl.read_parquet("t.parquet"))
    equal("field id", pq.read_schema("t.parquet").field("id").metadata[b"PARQUET:field_id"], b"2")
    found = duckdb.sql("SELECT path_in_schema, bloom_filter_offset FROM parquet_metadata('t.parquet')").fetchall()
    equal("bloom filters", [path for path, offset in found if offset], ["key"])
    run(binary, "{ kind: parquet, path: t.parquet, row_group_rows: 50, sort_by: [status, -n] }")
    meta = pq.ParquetFile("t.parquet").metadata
    equal("row groups", meta.num_row_groups, 5)
    equal("sorting", len(meta.row_group(0).sorting_columns), 2)
    group = pq.ParquetFile("t.parquet").read_row_group(0).to_pydict()
    rows = [(status, -n) for status, n in zip(group["status"], group["n"])]
    equal("sorted", rows, sorted(rows))
    encodings = duckdb.sql("SELECT path_in_schema, encodings FROM parquet_metadata('t.parquet')").fetchall()
    assert all("DICTIONARY" in found for path, found in encodings if path == "status"), encodings
    checked.append("parquet layout: bloom filters, field ids, sorting, row groups, dictionaries")


def arrow(binary):
    for more in ("", ", compression: lz4", ", compression: zstd"):
        run(binary, f"{{ kind: arrow, path: t.arrow{more} }}")
        with pa.memory_map("t.arrow") as file:
            check_arrow(f"arrow file{more}", ipc.open_file(file).read_all())
        check_polars(f"arrow file{more}", pl.read_ipc("t.arrow"))
        table = ipc.open_file("t.arrow").read_all()
        check_duckdb(f"arrow file{more}", table)
    stream = run(binary, "{ kind: arrow, path: '-' }")
    check_arrow("arrow on stdout", ipc.open_stream(stream).read_all())
    check_polars("arrow on stdout", pl.read_ipc_stream(io.BytesIO(stream)))


def text(binary):
    # polars refuses JSON lines in which a value is an array here and an object there.
    even = CONVERT.replace("n % 2 ? [1] : { a: null }", "{ a: n }")
    for kind, read in (("jsonl", "read_json"), ("csv", "read_csv")):
        run(binary, f"{{ kind: {kind}, path: t.{kind} }}", convert=even)
        source = f"{read}('t.{kind}')"
        check_duckdb(kind, source, {"key": "VARCHAR", "n": "BIGINT", "half": "DOUBLE", "flag": "BOOLEAN", "day": "DATE"})
        frame = pl.read_ndjson("t.jsonl") if kind == "jsonl" else pl.read_csv("t.csv")
        equal(f"polars {kind}", (frame.height, frame["price"][0]), (N_ROWS, 12.34))
        checked.append(f"polars {kind}")
        stdout = run(binary, f"{{ kind: {kind}, path: '-' }}", convert=even)
        equal(f"{kind} on stdout", stdout, open(f"t.{kind}", "rb").read())
        query = f"SELECT count(*) FROM {read}('/dev/stdin')"
        done = subprocess.run([DUCKDB_CLI, "-noheader", "-list", "-c", query], input=stdout, capture_output=True,
                              check=True)
        equal(f"{kind} through a pipe", int(done.stdout), N_ROWS)
        checked.append(f"duckdb {kind} through a pipe")


def folders(binary):
    hive = dict(DUCKDB, status="VARCHAR")
    run(binary, "{ kind: parquet, path: parts/, partition_by: [status] }")
    check_duckdb("hive partitions", "read_parquet('parts/**/*.parquet', hive_partitioning = true)", hive)
    check_polars("hive partitions", pl.scan_parquet("parts/**/*.parquet", hive_partitioning=True).collect())
    table = ds.dataset("parts", format="parquet", partitioning="hive").to_table().sort_by("key")
    equal("pyarrow partitions", sorted(set(table["status"].to_pylist())), ["Done/!", "To Do"])
    equal("pyarrow rows", table.num_rows, N_ROWS)
    checked.append("pyarrow hive partitions")
    run(binary, "{ kind: parquet, path: many, mode: overwrite, target_file_size: 1KiB }")
    assert len(glob.glob("many/*.parquet")) > 2
    check_arrow("several files", ds.dataset("many", format="parquet").to_table(), {})
    check_duckdb("several files", "read_parquet('many/*.parquet')")
    run(binary, "{ kind: parquet, path: app, mode: append }", issues=100)
    widened = CONVERT.replace("key: issue.key,", "key: 'X' + issue.key, late: [n],").replace("half: n / 2", "half: 'text'")
    run(binary, "{ kind: parquet, path: app, mode: append }", issues=50, convert=widened)
    table = ds.dataset("app", format="parquet").to_table()
    equal("append", (table.num_rows, str(table.schema.field("half").type), table.schema.field("late").type.value_type),
          (150, "string", pa.int64()))
    equal("append duckdb", duckdb.sql("SELECT count(*), count(late) FROM 'app/*.parquet'").fetchall()[0], (150, 50))
    equal("append polars", pl.read_parquet("app/*.parquet").height, 150)
    checked.append("append with a wider type and a new column: pyarrow, duckdb, polars")
    for kind in ("parquet", "arrow"):
        for issues in (100, N_ROWS):
            run(binary, f"{{ kind: {kind}, path: ups_{kind}, mode: upsert, key: [key] }}", issues=issues)
        table = ds.dataset(f"ups_{kind}", format="parquet" if kind == "parquet" else "ipc").to_table()
        equal(f"upsert {kind}", (table.num_rows, len(set(table["key"].to_pylist()))), (N_ROWS, N_ROWS))
        checked.append(f"pyarrow upsert {kind}")
    check_duckdb("upsert", "read_parquet('ups_parquet/*.parquet')")
    run(binary, "{ kind: parquet, path: snap, mode: snapshot }")
    check_duckdb("snapshot", "read_parquet('snap/*/*.parquet')")
    manifest = duckdb.sql("SELECT unnest(files).path FROM read_json('snap/_manifest.json')").fetchall()
    equal("manifest", [path for (path,) in manifest], [os.path.relpath(glob.glob("snap/*/*")[0], "snap")])
    checked.append("duckdb manifest")


def main():
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        os.chdir(home)
        os.environ["PIPELINE_STATE_DIR"] = os.path.join(home, "state")
        for check in (parquet, arrow, text, folders):
            check(binary)
    print("\n".join(checked))
    print(f"{len(checked)} checks with pyarrow {pa.__version__}, duckdb {duckdb.__version__}, polars {pl.__version__}")


if __name__ == "__main__":
    main()
