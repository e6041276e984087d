#!/usr/bin/env bash
# Whether what plug-ins use is still what it was at a commit, by `cargo semver-checks`: semver.sh COMMIT
set -euo pipefail
cd "$(dirname "$0")/../.."
crates=()
for crate in cli config datasource query sink table transport; do
    crates+=(--package "pipeline-$crate")
done
cargo semver-checks --baseline-rev "$1" "${crates[@]}"
