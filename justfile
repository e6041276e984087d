# The habits of this project; `just` alone lists them.

# Changes compile in part only, and backtraces have lines; the README's plain commands compile less the first time.
export CARGO_PROFILE_DEV_INCREMENTAL := "true"
export CARGO_PROFILE_DEV_DEBUG := "line-tables-only"

# list the recipes
default:
    @just --list

# get what the other recipes need
setup:
    cargo fetch --locked
    cargo install just cargo-deny cargo-machete cargo-insta cargo-cyclonedx cargo-semver-checks --locked
    cargo install cargo-about --features cli --locked

# format everything
fmt:
    cargo fmt --all

# lints, as CI has them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# all tests, or those whose name contains FILTER
test FILTER="":
    cargo test --locked -- {{FILTER}}

# the documentation of all crates
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# the pages of docs/ as a site in target/book; needs mdbook
book:
    mdbook build

# write docs/reference.md from the tables that the program reads files with
reference:
    cargo run --quiet -- kinds --format markdown > docs/reference.md

# licences, sources, known vulnerabilities, unused dependencies
deny:
    cargo deny check
    cargo machete

# the main job on the built-in sandbox: 5,000 issues to Parquet
demo ISSUES="5000":
    cargo run --locked -- run pipelines/jira.yaml --sandbox --sandbox-issues {{ISSUES}}

# log in at an OAuth server that nobody here wrote (npm's oidc-provider); needs node
oidc:
    cargo build
    npm install --prefix tests/oidc
    node tests/oidc/login.mjs "${CARGO_TARGET_DIR:-target}/debug/pipeline"

# converters against node and stock Boa on the same pages; `memory` as argument: what 20,000 pages hold
bench-converter *ARGS:
    cargo bench --package pipeline-converter --bench converter --locked -- {{ARGS}}

# random converters in the product and in node, for `--minutes 1` or as many as ARGS say; needs node
fuzz-js *ARGS:
    cargo build --package pipeline-converter --example node_driver --features node-driver --locked --profile fuzz --config 'profile.fuzz.inherits="dev"' --config 'profile.fuzz.opt-level=1'
    node crates/converter/tests/node/fuzz.mjs --driver "${CARGO_TARGET_DIR:-target}/fuzz/examples/node_driver" {{ARGS}}

# libFuzzer in the readers of files, pages and messages, for `--minutes 60` or as many as ARGS say, or in those that ARGS name; needs python and a C++ compiler
fuzz *ARGS:
    RUSTC_WRAPPER="$PWD/tests/fuzz/instrument" cargo build --package pipeline-fuzz --features libfuzzer --locked --profile fuzz --config 'profile.fuzz.inherits="dev"' --config 'profile.fuzz.opt-level=2'
    python3 tests/fuzz/run.py --binary "${CARGO_TARGET_DIR:-target}/fuzz/fuzz" {{ARGS}}

# this project and its peers, side by side on this machine; needs python, node and a network for their packages
bench *ARGS:
    cargo build --release --locked --bin pipeline
    python3 benches/peers/run.py --binary "${CARGO_TARGET_DIR:-target}/release/pipeline" {{ARGS}}

# what tools that are here say of the files in `deploy/`; kubernetes-validate comes from PyPI
deploy:
    systemd-analyze verify --man=no --recursive-errors=no deploy/systemd/pipeline.service
    kubernetes-validate deploy/kubernetes/*.yaml
    podman build -f deploy/container/Containerfile -t pipeline .

# two executors of a cluster against one, on a binary with the feature `cluster`
bench-cluster *ARGS:
    cargo build --release --locked --bin pipeline --features cluster
    python3 benches/cluster.py --binary "${CARGO_TARGET_DIR:-target}/release/pipeline" {{ARGS}}

# what a run costs as it grows: `rows`, `columns`, `pipelines`, or all
bench-growth *ARGS:
    cargo build --release --locked --bin pipeline
    python3 benches/growth.py --binary "${CARGO_TARGET_DIR:-target}/release/pipeline" {{ARGS}}

# 1,000 tenants that share the quota of one app
bench-tenants *ARGS:
    cargo build --release --locked --bin pipeline
    python3 benches/tenants.py --binary "${CARGO_TARGET_DIR:-target}/release/pipeline" {{ARGS}}

# where the time of a run goes: PICTURE, and the share of each stage; needs Linux's perf and `cargo install inferno`
flame PICTURE *ARGS:
    RUSTFLAGS=-Cforce-frame-pointers=yes CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --locked --bin pipeline --target-dir target/flame
    python3 benches/flame.py --binary target/flame/release/pipeline {{PICTURE}} {{ARGS}}

# what parts of a run could do alone: the same pages through curl, and through less and less of a run
bench-limits *ARGS:
    cargo build --release --locked --bin pipeline
    python3 benches/limits.py --binary "${CARGO_TARGET_DIR:-target}/release/pipeline" {{ARGS}}

# the licences of all crates in the binary, as Markdown
licences:
    cargo about generate --locked --manifest-path crates/cli/Cargo.toml --config deploy/release/about.toml deploy/release/about.hbs

# what a release holds, in `dist`: the binary, licences, SBOM (CycloneDX), manual, completions, checksums
dist:
    rm -rf dist
    deploy/release/build.sh dist
    just licences > dist/THIRD-PARTY-LICENCES.md
    cargo cyclonedx --manifest-path crates/cli/Cargo.toml --format json --override-filename pipeline.cdx
    mv crates/cli/pipeline.cdx.json dist/
    find crates -name '*.cdx.json' -delete
    cp LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md dist/
    dist/pipeline man dist/man
    mkdir dist/completions
    for shell in bash zsh fish elvish powershell; do dist/pipeline completions $shell > dist/completions/$shell; done
    cd dist && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS

# builds the last commit twice, in two places, and compares the bytes
reproducible:
    #!/usr/bin/env bash
    set -euo pipefail
    top=$(mktemp -d)
    trap 'rm -rf "$top"' EXIT
    commit=$(git rev-parse HEAD)
    for place in one another/place; do
        git clone --quiet . "$top/$place"
        git -C "$top/$place" checkout --quiet "$commit"
        (cd "$top/$place" && unset CARGO_TARGET_DIR && deploy/release/build.sh "$top/$place/out")
        sha256sum "$top/$place/out/pipeline"
    done
    cmp "$top/one/out/pipeline" "$top/another/place/out/pipeline" && echo "the same bytes"

# whether what plug-ins use is still what it was at the last release, or at another commit
semver *COMMIT:
    deploy/release/semver.sh {{COMMIT}}

# what CI runs
ci:
    .ci/run

# tests that need more than Rust: chromedriver with Chromium, `moto_server` (`pip install 'moto[server]'`), PostgreSQL, the cluster
test-all:
    cargo test --locked
    cargo test --locked -p pipeline-cli --features external-tests,cluster --test e2e -- studio:: kills_s3:: cluster::
    cargo test --locked -p pipeline-postgres -p pipeline-cluster -p pipeline-fuzz

# kills of runs into an S3-compatible server
kills-s3 KILLS="50" SEED="11":
    PIPELINE_KILLS={{KILLS}} PIPELINE_SEED={{SEED}} cargo test -p pipeline-cli --features external-tests --test e2e --locked -- --nocapture kills_s3
