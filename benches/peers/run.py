#!/usr/bin/env python3
"""Runs this project and what people use instead, side by side on this machine, and compares rows, values and times.

Each fetches all issues of a Jira look-alike (`pipeline sandbox`), 100 a page, into one Parquet file: `narrow` has 2 columns,
`wide` 20. Peers live in environments of their own below `~/.cache/pipeline-bench`, made here from PyPI and npm; one that
cannot be installed is left out with a message. In each round everybody runs once; figures are medians. Memory is taken in a
round of its own: the shared-once (PSS) megabytes of the process and its children.

Further peers: faucet, where `faucet` is on the path (`cargo install faucet-cli`, which builds for some minutes); `--more DIR` with a
folder that has `jobs/` scripts and environments for tap-rest, Airbyte, Sling and polars.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pipeline-bench"
PACKAGES = {
    "plain": ["pyarrow", "requests", "orjson"],
    "frames": ["duckdb==1.5.5", "duckdb-extension-httpfs==1.5.5"],
    "dlt": ["dlt[filesystem,parquet]"],
}
JOBS = ("narrow", "wide")


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def python(name):
    """The interpreter of an environment, made on first use; None when it cannot be made."""
    place = CACHE / f"venv-{name}"
    interpreter = place / "bin/python"
    mark = place / "ready"
    if not mark.exists():
        say(f"installing {name}: {' '.join(PACKAGES[name])}")
        try:
            subprocess.run([sys.executable, "-m", "venv", place], check=True, capture_output=True)
            subprocess.run([interpreter, "-m", "pip", "install", "-q", *PACKAGES[name]], check=True, capture_output=True)
        except (subprocess.CalledProcessError, OSError) as error:
            say(f"{name} is left out: {error}")
            return None
        mark.touch()
    return str(interpreter)


def node():
    """The folder with the node script and its package; None without node."""
    place = CACHE / "node"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("node.mjs", "package.json", "narrow.js", "wide.js"):
        shutil.copy(HERE / name, place)
    if not (place / "node_modules").exists():
        try:
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=place, check=True, capture_output=True)
        except (subprocess.CalledProcessError, OSError) as error:
            say(f"node is left out: {error}")
            return None
    return place


class Sandbox:
    """`pipeline sandbox` with these arguments, and the variables that it prints."""

    def __init__(self, binary, *arguments):
        self.process = subprocess.Popen([binary, "sandbox", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.names = {}
        while len(self.names) < 8:
            found = re.match(r"export (\w+)='(.*)'", self.process.stdout.readline())
            self.names[found[1]] = found[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Site(Sandbox):
    """So many issues, and a token for them."""

    def __init__(self, binary, issues, latency):
        super().__init__(binary, "--issues", str(issues), "--cache", "256MiB", *(["--latency", latency] if latency else []))
        names = self.names
        self.url = names["JIRA_BASE_URL"]
        body = {"grant_type": "refresh_token", "client_id": names["JIRA_CLIENT_ID"], "client_secret": names["JIRA_CLIENT_SECRET"],
                "refresh_token": names["JIRA_REFRESH_TOKEN"]}
        request = urllib.request.Request(names["JIRA_AUTH_URL"], json.dumps(body).encode(), {"Content-Type": "application/json"})
        self.token = json.load(urllib.request.urlopen(request))["access_token"]
        # Some peers want it in a file that is written before they start.
        os.environ["TOKEN"] = self.token

    def keep(self, issues):
        """Lets the server write all issues now; writing takes longer than sending, and is no work of any client."""
        for start in range(0, issues, 100):
            request = urllib.request.Request(f"{self.url}/search?startAt={start}&maxResults=100", headers={"Authorization": f"Bearer {self.token}"})
            urllib.request.urlopen(request).read()


# What pipelines of benchmarks ask; as fast as the server answers.
DATASOURCE = """
datasource:
  kind: rest
  base_url: ${BENCH_URL}
  auth: { kind: bearer, token: "${BENCH_TOKEN}" }
  limits: { requests_per_second: 100000 }
"""


def converted_by(section):
    """The pipeline of the jobs with this section for its converter, as YAML."""
    return (HERE / "wide.yaml").read_text().replace("converter: wide.js", f"converter: {section}")


def peers(binary, only, more):
    """Name to a function of (url, job, out) that gives a command and the folder it runs in; those that `only` matches, and ours."""
    known = {"pipeline": lambda url, job, out: ([binary, "run", str(HERE / f"{job}.yaml"), "--quiet"], HERE)}
    wanted = lambda name: re.search(only, name)
    if wanted("node") and (place := node()):
        known["node"] = lambda url, job, out: (["node", "node.mjs", url, job, out], place)
    for name, environment, script in (("python", "plain", "threads.py"), ("duckdb", "frames", "duckdb_httpfs.py"), ("dlt", "dlt", "dlt_rest.py")):
        if wanted(name) and (interpreter := python(environment)):
            known[name] = lambda url, job, out, run=interpreter, script=script: ([run, script, url, job, out], HERE)
    if wanted("faucet") and shutil.which("faucet"):
        known["faucet"] = faucet
    if more:
        known |= {name: command for name, command in further(Path(more).resolve()).items() if wanted(name)}
    return known


def faucet(url, job, out):
    """Has no converter: it writes whole issues, in both jobs."""
    return ["faucet", "run", str(HERE / "faucet.yaml")], HERE


def further(folder):
    """Peers with scripts of others, which take the address without `/rest/api/2`."""
    plain, base = folder / "venv-plain/bin/python", lambda url: url.removesuffix("/rest/api/2")
    shell = lambda line: (["bash", "-c", "set -o pipefail; " + line], folder)
    known = {}

    def tap(url, job, out):
        config = f"{out}.json"
        with open(config, "w") as file:
            subprocess.run([plain, "jobs/tap_config.py", base(url), job], cwd=folder, stdout=file, check=True)
        return shell(f"venv-tap/bin/tap-rest-api-msdk --config {config} 2>{out}.log | {plain} jobs/jsonl_parquet.py {job} {out}")

    def airbyte(url, job, out):
        place = f"{out}.d"
        subprocess.run([plain, "jobs/airbyte_manifest.py", base(url), job, place], cwd=folder, check=True)
        files = f"--config {place}/config.json --catalog {place}/catalog.json --manifest-path {place}/manifest.yaml"
        return shell(f"venv-airbyte/bin/source-declarative-manifest read {files} 2>{out}.log | {plain} jobs/jsonl_parquet.py {job} {out}")

    def sling(url, job, out):
        """Cannot write Parquet here."""
        place = {"type": "api", "spec": f"file://{folder}/jobs/sling_jira.yaml", "secrets": {"token": "$BENCH_TOKEN", "base_url": base(url)}}
        stream = "issues_wide" if job == "wide" else "issues"
        settings = f"SLING_DISABLE_TELEMETRY=TRUE SLING_HOME_DIR={folder}/out/sling JIRA=\"{json.dumps(place).replace(chr(34), chr(92) + chr(34))}\""
        return shell(f"{settings} {sling_program[0]} run --src-conn JIRA --src-stream {stream} --tgt-object file://{out}.csv")

    sling_program = list(folder.glob("venv-sling/lib/python3*/site-packages/sling_linux_amd64/bin/sling-linux-amd64"))
    if sling_program:
        known["sling"] = sling
    if (folder / "venv-frames/bin/python").exists():
        known["polars"] = lambda url, job, out: ([folder / "venv-frames/bin/python", "jobs/polars_json.py", base(url), job, out], folder)
    if (folder / "venv-tap/bin/tap-rest-api-msdk").exists():
        known["singer"] = tap
    if (folder / "venv-airbyte/bin/source-declarative-manifest").exists():
        known["airbyte"] = airbyte
    return known


def environment(site, job, out):
    return os.environ | {
        "BENCH_URL": site.url, "BENCH_TOKEN": site.token, "BENCH_OUT": out,
        "PIPELINE_STATE_DIR": str(CACHE / "state"),
    }


def clean(out):
    for path in Path(out).parent.glob(Path(out).name + "*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def run(command, site, job, out):
    """Seconds on the clock and of all processors, or None when it failed."""
    clean(out)
    arguments, folder = command(site.url, job, out)
    before, begun = cpu(), time.perf_counter()
    done = subprocess.run(arguments, cwd=folder, env=environment(site, job, out), capture_output=True)
    wall = time.perf_counter() - begun
    if done.returncode:
        say(f"  failed: {done.stderr.decode(errors='replace').strip()[-400:]}")
        return None
    return wall, cpu() - before


def cpu():
    """Processor seconds of all processes that have ended so far."""
    times = os.times()
    return times.children_user + times.children_system


def peak(command, site, job, out):
    """The most megabytes at any moment, by PSS."""
    clean(out)
    arguments, folder = command(site.url, job, out)
    process = subprocess.Popen(arguments, cwd=folder, env=environment(site, job, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return watch(process)


def watch(process):
    """The most megabytes of a process and its children until it ends, by PSS."""
    most = 0
    while process.poll() is None:
        most = max(most, memory(process.pid))
        time.sleep(0.02)
    return most


def memory(pid):
    """Megabytes of a process and its children now, by PSS."""
    return sum(map(pss, tree(pid))) / 1024


def tree(pid):
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            pass
    return found


def pss(pid):
    try:
        return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def digest(out):
    """Rows, columns and what names all values; equal for equal tables, however they are ordered, named and typed."""
    script = """
import hashlib, os, re, sys
import pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset as ds
path = sys.argv[1]
if not os.path.exists(path):
    import pyarrow.csv as csv
    table = csv.read_csv(path + ".csv", parse_options=csv.ParseOptions(newlines_in_values=True))
    sys.exit(print(table.num_rows, table.num_columns, "CSV"))
files = [path] if os.path.isfile(path) else [os.path.join(at, name) for at, _, names in os.walk(path) for name in names if name.endswith(".parquet")]
table = ds.dataset(files, format="parquet").to_table()
plain = lambda name: re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
# What is null everywhere is a column for some and none for others.
columns = {plain(name): table[name] for name in table.column_names if not name.startswith("_") and table[name].null_count < table.num_rows}
if "issue_key" not in columns: sys.exit(print(table.num_rows, len(columns), "other columns"))
order, sum = pc.sort_indices(columns["issue_key"]), hashlib.sha256()
for name in sorted(columns):
    column = columns[name]
    if pa.types.is_floating(column.type): column = column.cast(pa.int64())
    sum.update(name.encode())
    for value in column.cast(pa.large_string()).take(order).to_pylist(): sum.update(b"-" if value is None else b"+" + value.encode())
print(table.num_rows, len(columns), sum.hexdigest()[:12])
"""
    done = subprocess.run([python("plain"), "-c", script, out], capture_output=True, text=True)
    return done.stdout.strip() or f"unreadable: {done.stderr.strip()[-200:]}"


def compare(known, site, options):
    times, folder = {}, Path(CACHE / "out")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for job in options.jobs:
        tables = {}
        for number in range(options.rounds):
            for name, command in known.items():
                if times.get((job, name), True) is None:
                    continue
                out = str(folder / f"{name}-{job}.parquet")
                result = run(command, site, job, out)
                if name not in tables and result:
                    tables[name] = digest(out)
                    # Of those that write something else only the rows can be compared.
                    parts = slice(0, 1) if name in ("faucet", "sling") else slice(None)
                    if tables[name].split()[parts] != tables.get("pipeline", "").split()[parts]:
                        print(f"OTHER TABLE {name} {job}: {tables[name]}, ours {tables.get('pipeline')}")
                times[job, name] = None if result is None else times.get((job, name), []) + [result]
                say(f"{job} {name} {result and round(result[0], 2)}")
    return times


def report(times, known, site, options):
    pages = options.issues // 100
    print(f"{options.issues} issues, {pages} pages, {options.rounds} rounds, latency {options.latency or 'none'}, {os.cpu_count()} cores\n")
    print("| job | who | seconds, median (least to most) | pages/s | CPU seconds | peak MB |\n|---|---|---|---|---|---|")
    ratios, peaks = [], {}
    for job in options.jobs:
        ours = statistics.median(wall for wall, _ in times[job, "pipeline"])
        for name, command in known.items():
            if not times.get((job, name)):
                continue
            walls, cpus = zip(*times[job, name])
            wall = statistics.median(walls)
            peaks[job, name] = peak(command, site, job, str(CACHE / "out" / "peak.parquet"))
            print(f"| {job} | {name} | {wall:.2f} ({min(walls):.2f} to {max(walls):.2f}) | {pages / wall:.0f} | {statistics.median(cpus):.2f} | {peaks[job, name]:.0f} |", flush=True)
            if name != "pipeline":
                ratios.append(f"RATIO {name} {job} {wall / ours:.2f}")
    print()
    print("\n".join(ratios))
    for job in options.jobs:
        print(f"PEAK_MB {job} {peaks[job, 'pipeline']:.0f}")
    return peaks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency", help="how long the server takes for each answer, such as 100ms")
    parser.add_argument("--jobs", nargs="+", default=list(JOBS))
    parser.add_argument("--only", default=".", help="peers whose name matches this expression")
    parser.add_argument("--more", help="a folder with further peers")
    parser.add_argument("--binary", default="target/release/pipeline")
    options = parser.parse_args()
    binary = str(Path(options.binary).resolve())
    known = peers(binary, options.only, options.more)
    with Site(binary, options.issues, options.latency) as site:
        site.keep(options.issues)
        times = compare(known, site, options)
        report(times, known, site, options)
    # Ten times as much must not take more.
    with Site(binary, options.issues * 10, None) as site:
        for job in options.jobs:
            out = str(CACHE / "out" / "large.parquet")
            print(f"PEAK_MB {job}×10 {peak(known['pipeline'], site, job, out):.0f}", flush=True)


if __name__ == "__main__":
    main()
