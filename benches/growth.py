#!/usr/bin/env python3
"""What a run costs as it grows: rows, columns, and pipelines in one `serve`. Prints a table for each.

Everything is compared per unit: a cost that grows faster than the work shows as a last column that rises.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from run import DATASOURCE, Site, cpu, memory, watch  # noqa: E402

CONVERTER = """
converter:
  script: |
    function convert(json) {
      return JSON.parse(json).issues.map(issue => ({ key: issue.key, summary: issue.fields.summary }));
    }
"""
ROWS = DATASOURCE + CONVERTER + """query:
  path: /search/jql
  params: { jql: "project = ABC order by key", fields: summary, maxResults: 100 }
  pagination: { kind: cursor, next: nextPageToken, param: nextPageToken }
sink: { kind: parquet, path: "${BENCH_OUT}" }
"""
COLUMNS = """
datasource: { kind: file, folder: data, page_size: 100 }
query: { path: rows.ndjson }
converter:
  script: |
    function convert(json) { return JSON.parse(json); }
sink: { kind: parquet, path: "${BENCH_OUT}" }
"""
SERVED = DATASOURCE + CONVERTER + """name: p%d
query:
  path: /search
  pagination: { kind: offset, param: startAt, size: 100, size_param: maxResults, total: total }
sink: { kind: parquet, path: out/p%d.parquet }
schedule: { cron: "0 2 1 1 *" }
"""


class Place:
    """A folder to run in, gone afterwards."""

    def __init__(self, binary):
        self.binary, self.folder = binary, Path(tempfile.mkdtemp(prefix="growth-"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, site=None):
        names = {"BENCH_URL": site.url, "BENCH_TOKEN": site.token} if site else {}
        state = {"PIPELINE_STATE_DIR": str(self.folder / "state"), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return os.environ | state | names | {"BENCH_OUT": str(self.folder / "out.parquet")}

    def run(self, site=None):
        """Seconds, processor seconds, rows and peak megabytes of a run."""
        command = [self.binary, "run", "p.yaml", "--quiet", "--restart", "--format", "json"]
        before, begun = cpu(), time.perf_counter()
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment(site), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        most = watch(process)
        wall = time.perf_counter() - begun
        out, err = process.communicate()
        if process.returncode:
            sys.exit(f"the run failed: {err}")
        return wall, cpu() - before, json.loads(out)["tables"][0]["rows"], most


def middle(rounds, once):
    """The median of each figure."""
    return [statistics.median(figures) for figures in zip(*(once() for _ in range(rounds)))]


def rows(options):
    print("| rows | s | CPU s | peak MB | µs a row |\n|---|---|---|---|---|")
    for n in options.rows:
        with Site(options.binary, n, None) as site, Place(options.binary) as place:
            (place.folder / "p.yaml").write_text(ROWS)
            wall, spent, n_rows, most = middle(3 if n <= 100_000 else 1, lambda: place.run(site))
            assert n_rows == n, (n_rows, n)
            print(f"| {n:,} | {wall:.2f} | {spent:.2f} | {most:.0f} | {wall / n * 1e6:.1f} |", flush=True)


def columns(options):
    print("| columns | rows | s | CPU s | peak MB | ns a cell |\n|---|---|---|---|---|---|")
    for n in options.columns:
        n_rows = max(1_000, min(200_000, options.cells // n))
        with Place(options.binary) as place:
            (place.folder / "data").mkdir()
            with open(place.folder / "data/rows.ndjson", "w") as file:
                for row in range(n_rows):
                    file.write("{" + ",".join(f'"column_{at}":{(row * 31 + at * 7) % 1000}' for at in range(n)) + "}\n")
            (place.folder / "p.yaml").write_text(COLUMNS)
            wall, spent, found, most = middle(3, place.run)
            assert found == n_rows
            print(f"| {n:,} | {n_rows:,} | {wall:.2f} | {spent:.2f} | {most:.0f} | {wall / n / n_rows * 1e9:.0f} |", flush=True)


def served(options):
    print("| pipelines | ready after s | MB before runs | CPU s of 10 s idle | all run after s | peak MB | ms a run |\n|---|---|---|---|---|---|---|")
    for n in options.pipelines:
        with Site(options.binary, 200, None) as site, Place(options.binary) as place:
            pipelines = place.folder / "pipelines"
            pipelines.mkdir()
            for number in range(n):
                (pipelines / f"p{number}.yaml").write_text(SERVED % (number, number))
            print("| " + " | ".join(one_server(n, place, site)) + " |", flush=True)


def one_server(n, place, site):
    begun = time.perf_counter()
    command = [place.binary, "serve", "pipelines", "--port", "0", "--quiet"]
    server = subprocess.Popen(command, cwd=place.folder, env=place.environment(site), stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        ask = lambda path, method="GET": urllib.request.urlopen(urllib.request.Request(url + path, method=method, headers={"X-Pipeline": "1"})).read().decode()
        ask("/healthz")
        ready = time.perf_counter() - begun
        time.sleep(1)
        idle, before = memory(server.pid), ticks(server.pid)
        time.sleep(10)
        idle_cpu = ticks(server.pid) - before
        begun, most = time.perf_counter(), 0
        for number in range(n):
            ask(f"/api/pipelines/p{number}/run", "POST")
        done = 0
        while done < n:
            most = max(most, memory(server.pid))
            time.sleep(0.05)
            found = re.findall(r'^pipeline_runs_total\{[^}]*outcome="(\w+)"[^}]*\} (\d+)', ask("/metrics"), re.M)
            assert all(outcome == "done" for outcome, count in found if int(count)), found
            done = sum(int(count) for _, count in found)
        wall = time.perf_counter() - begun
    finally:
        server.terminate()
        server.wait()
    return f"{n}", f"{ready:.2f}", f"{idle:.0f}", f"{idle_cpu:.2f}", f"{wall:.2f}", f"{most:.0f}", f"{wall / n * 1e3:.0f}"


def ticks(pid):
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["rows", "columns", "pipelines"])
    parser.add_argument("--rows", type=int, nargs="+", default=[10**power for power in range(3, 8)])
    parser.add_argument("--columns", type=int, nargs="+", default=[10**power for power in range(5)])
    parser.add_argument("--cells", type=int, default=10_000_000, help="cells of a table, for a number of columns")
    parser.add_argument("--pipelines", type=int, nargs="+", default=[1, 10, 50, 100, 200])
    parser.add_argument("--binary", default="target/release/pipeline")
    options = parser.parse_args()
    options.binary = str(Path(options.binary).resolve())
    for what in options.what:
        {"rows": rows, "columns": columns, "pipelines": served}[what](options)
        print()


if __name__ == "__main__":
    main()
