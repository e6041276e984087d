"""Fails when `cargo test` would compile a crate of the program once more, with other features than `cargo run` does."""

import json
import os
import subprocess
import sys


def units(*command):
    """(crate, target, features) of all libraries that `command` compiles for this machine."""
    # The graph of units is not stable yet; only its names and features are used.
    environment = os.environ | {"RUSTC_BOOTSTRAP": "1"}
    command = ["cargo", *command, "--locked", "-Z", "unstable-options", "--unit-graph"]
    graph = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    return {
        (unit["pkg_id"].rsplit("/", 1)[-1], unit["target"]["name"], tuple(unit["features"]))
        for unit in graph["units"]
        if unit["mode"] == "build"
    }


twice = sorted(units("build", "--bin", "pipeline") - units("test", "--no-run"))
for crate, _, features in twice:
    print(f"{crate} has other features in `cargo test` than its {', '.join(features) or '(none)'} in `cargo run`")
print(f"crates that `cargo test` compiles once more: {len(twice)}")
sys.exit(bool(twice))
