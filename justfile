# The habits of this project; `just` alone lists them.

# list the recipes
default:
    @just --list

# get what the other recipes need
setup:
    cargo fetch --locked
    cargo install just cargo-deny cargo-machete cargo-insta --locked

# format everything
fmt:
    cargo fmt --all

# lints, as CI has them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# all tests, or those whose name contains FILTER
test FILTER="":
    cargo test --workspace --locked -- {{FILTER}}

# the documentation of all crates
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# write docs/reference.md from the tables that the program reads files with
reference:
    cargo run --quiet -- kinds --format markdown > docs/reference.md

# licences, sources, known vulnerabilities, unused dependencies
deny:
    cargo deny check
    cargo machete

# the main job on the built-in sandbox: 5,000 issues to Parquet
demo ISSUES="5000":
    cargo run --release -- run pipelines/jira.yaml --sandbox --sandbox-issues {{ISSUES}}

# log in at an OAuth server that nobody here wrote (npm's oidc-provider); needs node
oidc:
    cargo build
    npm install --prefix tests/oidc
    node tests/oidc/login.mjs "${CARGO_TARGET_DIR:-target}/debug/pipeline"

# converters against node and stock Boa on the same pages; `memory` as argument: what 20,000 pages hold
bench-converter *ARGS:
    cargo bench --package pipeline-converter --bench converter --locked -- {{ARGS}}

# this project and its peers, side by side on this machine; needs python, node and a network for their packages
bench *ARGS:
    cargo build --release --locked --bin pipeline
    python3 benches/peers/run.py --binary "${CARGO_TARGET_DIR:-target}/release/pipeline" {{ARGS}}

# what tools that are here say of the files in `deploy/`; kubernetes-validate comes from PyPI
deploy:
    systemd-analyze verify --man=no --recursive-errors=no deploy/systemd/pipeline.service
    kubernetes-validate deploy/kubernetes/cronjob.yaml
    podman build -f deploy/container/Containerfile -t pipeline .

# what CI runs
ci:
    .ci/run

# kills of runs into an S3-compatible server: moto, from `pip install 'moto[server]'`
kills-s3 kills="50" seed="11" port="5799":
    #!/usr/bin/env bash
    set -euo pipefail
    moto_server -H 127.0.0.1 -p {{port}} > /dev/null 2>&1 &
    trap "kill $!" EXIT
    until (echo > /dev/tcp/127.0.0.1/{{port}}) 2> /dev/null; do sleep 0.2; done
    export PIPELINE_S3=127.0.0.1:{{port}} PIPELINE_KILLS={{kills}} PIPELINE_SEED={{seed}}
    cargo test --workspace --test e2e --locked -- --nocapture kills::kills_against
