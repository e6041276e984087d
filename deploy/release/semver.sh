#!/usr/bin/env bash
# Whether what plug-ins use is still what it was at the last release, or at another commit: semver.sh [COMMIT]
set -euo pipefail
cd "$(dirname "$0")/../.."
# All that `pipeline_cli::plugin` names.
packages=(cli config datasource query sink table transport)
cargo semver-checks --baseline-rev "${1:-$(cat deploy/release/baseline)}" "${packages[@]/#/--package=pipeline-}"
