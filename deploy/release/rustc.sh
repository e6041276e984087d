#!/usr/bin/env bash
# rustc, called by cargo for `build.sh`.
# shellcheck disable=SC2086
exec "$@" ${PIPELINE_REMAP:-}
