#!/usr/bin/env python3
"""What a binary does to be profiled: the jobs of `just bench`, three times: training.py BINARY. Converters run on threads, since their
processes may write no files, and so no profiles either."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PEERS = Path(__file__).resolve().parents[2] / "benches/peers"
sys.path.insert(0, str(PEERS))
from run import JOBS, Site, converted_by, environment  # noqa: E402

binary = str(Path(sys.argv[1]).resolve())
with Site(binary, 20_000, None) as site, tempfile.TemporaryDirectory() as folder:
    for job in JOBS:
        file = Path(folder) / f"{job}.yaml"
        file.write_text(converted_by(f'{{ path: "{PEERS}/{job}.js", isolation: thread }}'))
        for _ in range(3):
            subprocess.run([binary, "run", str(file), "--quiet"], env=environment(site, job, f"{folder}/{job}.parquet"), check=True)
