#!/usr/bin/env bash
# Builds the release binary without paths of this machine in it; `just reproducible` tells whether the bytes are the same: build.sh OUT [CARGO ARGUMENTS]
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1
shift
target=${CARGO_TARGET_DIR:-$PWD/target}
cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)

# Paths of this machine stand in panic messages, and in assertions of the C code below TLS and SQLite. In RUSTFLAGS they would
# name the files of crates, by whose order the linker goes.
export PIPELINE_REMAP="" RUSTC_WRAPPER=$PWD/deploy/release/rustc.sh
c=""
for names in "$PWD=/pipeline" "$target=/target" "$cargo_home=/cargo" "$sysroot=/rust"; do
    PIPELINE_REMAP+=" --remap-path-prefix=$names"
    c+=" -ffile-prefix-map=$names"
done
export CFLAGS="${CFLAGS:-}$c" CXXFLAGS="${CXXFLAGS:-}$c" CARGO_INCREMENTAL=0
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
cargo build --release --locked --bin pipeline "$@"
mkdir -p "$out"
cp "$target/release/pipeline" "$out/pipeline"
