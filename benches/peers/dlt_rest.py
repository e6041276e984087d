"""dlt's REST source into Parquet files. Arguments: URL JOB OUT."""

import os
import sys

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
import dlt
from dlt.sources.rest_api import rest_api_source

from columns import JOBS

url, job, out = sys.argv[1:4]


def row(issue):
    return {name: value(issue, issue["fields"]) for name, value in JOBS[job]}


source = rest_api_source({
    "client": {
        "base_url": url,
        "auth": {"type": "bearer", "token": os.environ["BENCH_TOKEN"]},
        "paginator": {"type": "offset", "limit": 100, "offset_param": "startAt", "limit_param": "maxResults", "total_path": "total"},
    },
    "resources": [{"name": "issues", "endpoint": {"path": "search", "data_selector": "issues"}, "processing_steps": [{"map": row}]}],
})
place = os.path.abspath(out)
pipeline = dlt.pipeline(f"bench_{job}", destination=dlt.destinations.filesystem(f"file://{place}"), dataset_name="bench", pipelines_dir=f"{place}.state")
pipeline.run(source, loader_file_format="parquet", write_disposition="replace").raise_on_failed_jobs()
