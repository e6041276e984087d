#!/usr/bin/env python3
"""How far a run is from what its parts could do alone: the same pages through curl, through less and less of a run, and with one thing changed.

All take turns, as often as `--rounds` says; printed are medians on the clock, and how many times as long as the first line they took.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEERS = Path(__file__).resolve().parent / "peers"
sys.path.insert(0, str(PEERS))
from run import Site, converted_by, environment  # noqa: E402

ISSUES = 20_000
NOTHING = 'script: "function convert() { return [] }"'
PARSE = 'script: "function convert(json) { JSON.parse(json); return [] }"'
NARROW, WIDE = (f'path: "{PEERS}/{job}.js"' for job in ("narrow", "wide"))


def pipeline(source, isolation="process", concurrency=8, resume="true", compression="snappy"):
    text = converted_by(f"{{ {source}, isolation: {isolation} }}")
    text = text.replace("requests_per_second: 100000", f"requests_per_second: 100000, concurrency: {concurrency}")
    return text.replace("compression: snappy", f"compression: {compression}") + f"resume: {{ enabled: {resume} }}\n"


VARIANTS = {
    "pages are fetched, no row is made": pipeline(NOTHING),
    "pages are parsed, no row is made": pipeline(PARSE),
    "narrow": pipeline(NARROW),
    "wide": pipeline(WIDE),
    "wide, converters on threads": pipeline(WIDE, isolation="thread"),
    "wide, no journal": pipeline(WIDE, resume="false"),
    "wide, one request at a time": pipeline(WIDE, concurrency=1),
    "wide, columns not compressed": pipeline(WIDE, compression="none"),
}


def curl(site):
    """Two requests at a time, and every body thrown away."""
    pages = f"{site.url}/search?maxResults=100&startAt=[0-{ISSUES - 100}:100]"
    return ["curl", "--silent", "--parallel", "--parallel-max", "2", "--output", "/dev/null", "--header", f"Authorization: Bearer {site.token}", pages]


def run(binary, folder, text):
    file = Path(folder) / "p.yaml"
    file.write_text(text)
    return [binary, "run", str(file), "--quiet"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/pipeline")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    binary = str(Path(options.binary).resolve())
    times = {}
    with Site(binary, ISSUES, None) as site, tempfile.TemporaryDirectory() as folder:
        site.keep(ISSUES)
        commands = {"curl": lambda: curl(site)} | {name: lambda text=text: run(binary, folder, text) for name, text in VARIANTS.items()}
        for _ in range(options.rounds):
            for name, command in commands.items():
                arguments, begun = command(), time.perf_counter()
                subprocess.run(arguments, env=environment(site, "wide", f"{folder}/rows.parquet"), capture_output=True, check=True)
                times.setdefault(name, []).append(time.perf_counter() - begun)
    first = statistics.median(times["curl"])
    print("| what | seconds (least to most) | times as long as curl |\n|---|---|---|")
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(f"| {name} | {median:.3f} ({min(seconds):.3f} to {max(seconds):.3f}) | {median / first:.1f} |")


if __name__ == "__main__":
    main()
