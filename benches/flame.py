#!/usr/bin/env python3
"""Where the time of a run goes: a flame graph, and what share of the processors each stage has.

A sample belongs to the stage of its innermost function that is known here, and in a converter's process to the script where none is.
Needs Linux's perf, inferno, and a binary with frame pointers and symbols, which `just flame` builds.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

PEERS = Path(__file__).resolve().parent / "peers"
sys.path.insert(0, str(PEERS))
from run import Site, environment  # noqa: E402

# In the order in which a page passes them.
STAGES = {
    "start of the processes, plan, first rows shown": r"^pipeline_cli::|^main$|_dl_start|^execve|^pipeline::main",
    "receive: kernel, hyper, reqwest, body": r"^hyper|reqwest|pipeline_transport|pipeline_datasource::rest::Rest::send",
    "where the next page is": r"pipeline_query|pipeline_datasource",
    "page to the converter's process": r"ChildStdin|Frame::read|frame::filled",
    "tape, check for UTF-8": r"json::tape|json::parse::parse|simdutf8",
    "objects of the page": r"json::partial|json::document|json::text",
    "direct columns": r"direct::records",
    "script": r"boa_engine|boa_gc|boa_string|Array::map|Converter::attempt",
    "rows to Arrow": r"RowReader|BatchBuilder|^pipeline_table::(column|batch|members)|pipeline_table::members",
    "rows back to the parent": r"to_ipc|from_ipc|pipeline_converter::wire|read_exact|ProcessLane",
    "journal": r"pipeline_table::ipc::.*::encode|pipeline_engine::journal|lz4_flex",
    "Parquet": r"parquet::|ArrowWriter|pipeline_sink",
    "scheduling, waiting": r"tokio::|futures|parking",
}
# Functions that are called everywhere say nothing.
NOISE = re.compile(r"^(alloc|core|std|<?std|_?mi_|mi_|__|\[|asm_|exc_|do_|handle_mm|entry_|hashbrown|<alloc|<core)|LocalKey|libc_")


def stage(frames):
    converts = frames[0] == "converter"
    for frame in reversed(frames[1:]):
        if NOISE.match(frame):
            continue
        for name, pattern in STAGES.items():
            if re.search(pattern, frame):
                return name
    return "script" if converts else "scheduling, waiting"


def record(binary, job, folder):
    """The stacks of a run and all its processes, one line for each different stack and how often it was there."""
    profile = f"{folder}/perf.data"
    with Site(binary, 20_000, None) as site:
        site.keep(20_000)
        command = ["perf", "record", "--quiet", "--freq", "2500", "--call-graph", "fp", "--output", profile, binary, "run", f"{job}.yaml", "--quiet"]
        subprocess.run(command, env=environment(site, job, f"{folder}/rows.parquet"), cwd=PEERS, stdout=subprocess.DEVNULL, check=True)
    stacks = subprocess.run(["perf", "script", "--input", profile], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return subprocess.run(["inferno-collapse-perf"], input=stacks.stdout, stdout=subprocess.PIPE, check=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/pipeline")
    parser.add_argument("--job", default="wide")
    parser.add_argument("picture")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folded = record(str(Path(options.binary).resolve()), options.job, folder)
    draw = ["inferno-flamegraph", "--minwidth", "0.4", "--title", f"pipeline run {options.job}.yaml", "--countname", "ns"]
    Path(options.picture).write_bytes(subprocess.run(draw, input=folded, stdout=subprocess.PIPE, check=True).stdout)
    shares = Counter()
    for line in folded.decode().splitlines():
        stack, count = line.rsplit(" ", 1)
        shares[stage(stack.split(";"))] += int(count)
    total = sum(shares.values())
    print("| stage | processor time |\n|---|---|")
    for name in STAGES:
        print(f"| {name} | {100 * shares[name] / total:.1f} % |")


if __name__ == "__main__":
    main()
