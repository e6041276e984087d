"""Python at its best: four threads fetch, orjson parses, pyarrow writes. Arguments: URL JOB OUT."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import requests

from columns import INTEGERS, JOBS

url, job, out = sys.argv[1:4]
columns = JOBS[job]
schema = pa.schema([(name, pa.int64() if name in INTEGERS else pa.string()) for name, _ in columns])
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=4))
session.headers["Authorization"] = "Bearer " + os.environ["BENCH_TOKEN"]


def page(start):
    answer = session.get(f"{url}/search", params={"startAt": start, "maxResults": 100}, timeout=60)
    answer.raise_for_status()
    return orjson.loads(answer.content)


def table(pages):
    issues = [issue for page in pages for issue in page["issues"]]
    arrays = [pa.array([value(issue, issue["fields"]) for issue in issues], schema.field(name).type) for name, value in columns]
    return pa.table(arrays, schema=schema)


first = page(0)
starts = range(100, first["total"], 100)
with ThreadPoolExecutor(4) as pool, pq.ParquetWriter(out, schema, compression="snappy") as writer:
    waiting, group = [first], []
    # Not all at once: their pages would fill the memory.
    for at in range(0, len(starts), 16):
        waiting += pool.map(page, starts[at:at + 16])
        writer.write_table(table(waiting))
        waiting = []
    if waiting:
        writer.write_table(table(waiting))
