#!/usr/bin/env bash
# The release binary, optimized for what runs do: pgo.sh OUT. Builds twice, with a training run in between.
# Wants python3, and LLVM's profdata of rustc's own version, as LLVM_PROFDATA or on the path.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(realpath -m "$1")
profdata=${LLVM_PROFDATA:-llvm-profdata}
raw=$(mktemp -d)
trap 'rm -rf "$raw"' EXIT

RUSTFLAGS="-Cprofile-generate=$raw" deploy/release/build.sh "$out/training"
python3 deploy/release/training.py "$out/training/pipeline"
"$profdata" merge -o "$out/pipeline.profdata" "$raw"
RUSTFLAGS="-Cprofile-use=$out/pipeline.profdata" deploy/release/build.sh "$out"
rm -rf "$out/training"
