#!/usr/bin/env python3
"""Two executors of a cluster against one, where converters are the work: worklogs of many issues, each page with a loop to burn time.

Needs a binary with the feature `cluster`. In each round both run once, each executor with one part at a time.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from run import DATASOURCE, Site  # noqa: E402

PIPELINE = DATASOURCE + """tables:
  issues:
    query:
      path: /search/jql
      params: { jql: "project = ABC order by key", fields: summary, maxResults: 100 }
      pagination: { kind: cursor, next: nextPageToken, param: nextPageToken }
    converter:
      script: |
        function convert(json) { return JSON.parse(json).issues.map(issue => ({ key: issue.key })); }
    sink: { kind: parquet, path: issues.parquet }
  worklogs:
    query:
      for_each: { table: issues, column: key }
      path: /issue/${each.key}/worklog
      pagination: { kind: offset, param: startAt, size: 100, size_param: maxResults, total: total }
    converter:
      script: |
        function convert(json, metadata) {
          let burnt = 0;
          for (let i = 0; i < LOOPS; i++) burnt += i % 7;
          return JSON.parse(json).worklogs.map(log => ({ key: metadata.queryParameters.key, id: log.id, burnt }));
        }
    sink: { kind: parquet, path: worklogs.parquet }
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=300)
    parser.add_argument("--loops", type=int, default=1_500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--executors", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--binary", default="target/release/pipeline")
    options = parser.parse_args()
    binary = str(Path(options.binary).resolve())
    folder = Path(tempfile.mkdtemp(prefix="cluster-"))
    (folder / "p.yaml").write_text(PIPELINE.replace("LOOPS", str(options.loops)))
    times, tables = {}, set()
    try:
        with Site(binary, options.issues, None) as site:
            names = {"BENCH_URL": site.url, "BENCH_TOKEN": site.token, "PIPELINE_STATE_DIR": str(folder / "state")}
            for number in range(options.rounds):
                for n in options.executors:
                    seconds, rows = one(binary, folder, os.environ | names, n)
                    times.setdefault(n, []).append(seconds)
                    tables.add(rows)
                    print(f"round {number + 1}: {n} executors, {seconds:.1f} s, {rows} rows", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert len(tables) == 1, f"other rows: {tables}"
    first = statistics.median(times[options.executors[0]])
    for n, seconds in times.items():
        print(f"RATIO {n} executors {first / statistics.median(seconds):.2f} (median {statistics.median(seconds):.1f} s, {min(seconds):.1f} to {max(seconds):.1f})")


def one(binary, folder, environment, n):
    """Seconds of a run on a new cluster, and its rows."""
    command = [binary, "cluster", "start", "--port", "0", "--executors", str(n), "--parts", "1"]
    cluster = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        url = cluster.stdout.readline().strip()
        for line in cluster.stderr:
            if "Ctrl-C" in line:
                break
        begun = time.perf_counter()
        run = [binary, "run", "p.yaml", "--cluster", url, "--format", "json", "--quiet", "--restart"]
        done = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
        if done.returncode:
            sys.exit(f"the run failed: {done.stderr}")
        return seconds, sum(table["rows"] for table in json.loads(done.stdout)["tables"])
    finally:
        cluster.terminate()
        cluster.wait()


if __name__ == "__main__":
    main()
