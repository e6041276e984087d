"""Lets libFuzzer look for inputs, target after target, and keeps in `corpus/` those that lead somewhere new.

Prints a line for each target: executions, minutes, edges of the code that its inputs reach, and what was found.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
# Of a target, all inputs together: the whole corpus has 2 MiB at most.
MOST_BYTES = 120 << 10
LONGEST = {"script": 1024, "pipeline": 4096, "yaml": 2048, "link": 512, "cursor": 64, "cron": 96, "wire": 4096, "journal": 4096}


def escaped(data):
    """As `escape_ascii` of Rust has it."""
    short = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}
    return "".join(short.get(b) or (chr(b) if 32 <= b < 127 else f"\\x{b:02x}") for b in data)


def unpack(target, folder):
    lines = (HERE / "corpus" / f"{target}.txt").read_text().splitlines()
    for index, line in enumerate(lines):
        quoted = re.sub(r'(?<!\\)((?:\\\\)*)"', r'\1\\"', line)
        (folder / f"{index:05}").write_bytes(ast.literal_eval(f'b"{quoted}"'))


def pack(target, folder):
    inputs, n_bytes = [], 0
    for data in sorted((path.read_bytes() for path in folder.iterdir()), key=lambda data: (len(data), data)):
        line = escaped(data) + "\n"
        if n_bytes + len(line) <= MOST_BYTES:
            inputs.append(line)
            n_bytes += len(line)
    (HERE / "corpus" / f"{target}.txt").write_text("".join(inputs))
    return len(inputs)


def fuzz(binary, target, seconds, seeds):
    """Whether nothing was found."""
    found = HERE / "found"
    found.mkdir(exist_ok=True)
    environment = os.environ | {"FUZZ_TARGET": target, "RUST_BACKTRACE": "0"}
    with tempfile.TemporaryDirectory() as top:
        corpus, merged, old = (Path(top) / name for name in ("corpus", "merged", "old"))
        for folder in (corpus, merged, old):
            folder.mkdir()
        if (HERE / "corpus" / f"{target}.txt").exists():
            unpack(target, old)
        longest = LONGEST.get(target, 1024)
        command = [binary, f"-max_len={longest}", "-timeout=20", "-rss_limit_mb=2048", f"-artifact_prefix={found}/{target}-"]
        run = [*command, f"-max_total_time={seconds}", "-print_final_stats=1"]
        begun = time.monotonic()
        ended = subprocess.run([*run, corpus, old, *seeds], env=environment, stderr=subprocess.PIPE, text=True, errors="replace")
        minutes = (time.monotonic() - begun) / 60
        said = ended.stderr
        executions = re.findall(r"number_of_executed_units: (\d+)", said) or re.findall(r"^#(\d+)", said, re.M) or [0]
        edges = re.findall(r"cov: (\d+)", said) or [0]
        # Inputs that fail are left out.
        merge = [*command, "-set_cover_merge=1", merged, old, corpus, *seeds]
        subprocess.run(merge, env=environment, stderr=subprocess.DEVNULL, check=True)
        n_inputs = pack(target, merged)
        if ended.returncode != 0:
            print("\n".join(said.splitlines()[-30:]))
        outcome = "nothing" if ended.returncode == 0 else f"FOUND (status {ended.returncode})"
        print(f"{target:10} {executions[-1]:>10} executions {minutes:6.1f} min {edges[-1]:>7} edges {n_inputs:>5} inputs: {outcome}", flush=True)
        return ended.returncode == 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--minutes", type=float, default=60, help="for all targets together")
    arguments.add_argument("--seeds", type=Path, help="a folder with a folder of more inputs for each target")
    arguments.add_argument("targets", nargs="*")
    given = arguments.parse_args()
    known = re.findall(r'^    \("(\w+)",', (HERE / "src" / "targets.rs").read_text(), re.M)
    targets = given.targets or known
    seconds = max(1, int(given.minutes * 60 / len(targets)))
    passed = []
    for target in targets:
        seeds = [given.seeds / target] if given.seeds and (given.seeds / target).is_dir() else []
        passed.append(fuzz(given.binary, target, seconds, seeds))
    sys.exit(not all(passed))


main()
