#!/usr/bin/env python3
"""Many tenants under one quota: `pipeline run FOLDER` with a pipeline for each, against a sandbox that counts points as Atlassian does.

An app has 65,000 points an hour over all its tenants; a request costs 1, and 1 per issue. An hour is `--window` here, the numbers are
real: points, requests, refusals, rows. Each scenario ends when every tenant has every row.

- `full`: the first export of everything, waiting for each next window (`max_wait: 1h`).
- `nightly`: the same tenants a night later, incremental, when some issues have changed.
- `give-up`: everything once more, but `max_wait` is shorter than a window: runs end with exit code 4, and a scheduler starts them again.
- `api-tokens`: everything with Basic authentication, which has no quota.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from run import Sandbox  # noqa: E402

PIPELINE = """
name: %(name)s
datasource:
  kind: rest
  base_url: ${JIRA_BASE_URL}
  auth: %(auth)s
  limits: { requests_per_second: 1000, max_wait: %(max_wait)s }
query:
  path: /search/jql
  params: { jql: "project = ABC AND ${window.jql} ORDER BY updated", fields: "summary,updated", maxResults: 100 }
  pagination: { kind: cursor, next: nextPageToken, param: nextPageToken }
  incremental: { field: updated, column: updated, lookback: 0s }
converter:
  script: |
    function convert(json) {
      return JSON.parse(json).issues.map(issue => (
        { key: issue.key, summary: issue.fields.summary, updated: new Date(issue.fields.updated) }));
    }
sink: { kind: parquet, path: out/%(name)s, mode: upsert, key: [key] }
"""
APP = """{ kind: oauth2, authentication_url: "${JIRA_AUTH_URL}", client_id: "${JIRA_CLIENT_ID}",
    client_secret: "${JIRA_CLIENT_SECRET}", refresh_token: "${JIRA_REFRESH_TOKEN}", scope: read:jira-work offline_access }"""
PERSON = '{ kind: basic, username: "${JIRA_EMAIL}", password: "${JIRA_API_TOKEN}" }'


class Site(Sandbox):
    """With a quota."""

    def __init__(self, options):
        issues, points, window = str(options.issues), str(options.points), f"{options.window}s"
        super().__init__(options.binary, "--issues", issues, "--points", points, "--points-window", window, "--token-lifetime", "24h")

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        return json.load(urllib.request.urlopen(urllib.request.Request(self.names["JIRA_SITE"] + path, data)))

    def stats(self):
        return self.ask("/_sandbox/stats")

    def change(self, n_issues, days):
        """`updated` of so many issues becomes a time to come."""
        later = int((time.time() + days * 86_400) * 1000)
        for number in range(1, n_issues + 1):
            self.ask("/_sandbox/edit", {"issue": number, "updated_ms": later})


def write(folder, options, letter, auth, max_wait):
    """Pipelines that have never run; their names begin with this letter."""
    shutil.rmtree(folder / "tenants", ignore_errors=True)
    (folder / "tenants").mkdir()
    for number in range(options.tenants):
        name = f"{letter}{number:04}"
        (folder / f"tenants/{name}.yaml").write_text(PIPELINE % {"name": name, "auth": auth, "max_wait": max_wait})


def rounds(folder, site, options, days=0, most=1):
    """Runs the folder until all is well; gives exit codes, seconds, and what the sandbox counted meanwhile."""
    before, begun, codes = site.stats(), time.time(), []
    environment = os.environ | site.names | {"PIPELINE_STATE_DIR": str(folder / "state")}
    while not codes or (codes[-1] == 4 and len(codes) < most):
        if codes:
            time.sleep(options.window)  # whoever starts runs does it once an hour
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86_400))
        command = [options.binary, "run", "tenants", "--format", "json", "--quiet"] + (["--now", at] if days else [])
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        codes.append(done.returncode)
        if done.returncode not in (0, 4):
            raise SystemExit(f"exit code {done.returncode}: {done.stderr[-2000:]}")
    after = site.stats()
    return codes, time.time() - begun, {name: after[name] - before[name] for name in ("search_requests", "issues_served", "points_used", "quota_refusals", "refreshes")}


def complete(folder, options):
    """Tenants that have every row, by the manifests of their folders."""

    def rows(pipeline):
        manifest = json.loads((folder / f"out/{pipeline.stem}/_manifest.json").read_text())
        return sum(file["rows"] for file in manifest["files"])

    return sum(rows(pipeline) == options.issues for pipeline in (folder / "tenants").iterdir())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", nargs="+", default=["full", "nightly", "give-up", "api-tokens"])
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--issues", type=int, default=1000, help="issues of each tenant")
    parser.add_argument("--changed", type=int, default=3, help="issues of each tenant that change in a day")
    parser.add_argument("--points", type=int, default=65_000)
    parser.add_argument("--window", type=int, default=15, help="seconds that stand for the hour of the quota")
    parser.add_argument("--binary", default="target/release/pipeline")
    options = parser.parse_args()
    options.binary = str(Path(options.binary).resolve())
    folder = Path(tempfile.mkdtemp(prefix="tenants-"))
    print(f"{options.tenants} tenants of {options.issues} issues, {options.points} points per window of {options.window} s\n")
    print("| scenario | requests | issues | points | windows of points | refused | runs until done | exit codes | s | tenants complete |\n|---|---|---|---|---|---|---|---|---|---|")

    def tell(scenario, outcome):
        codes, seconds, counted = outcome
        windows = counted["points_used"] / options.points
        print(f"| {scenario} | {counted['search_requests']:,} | {counted['issues_served']:,} | {counted['points_used']:,} | {windows:.1f} | {counted['quota_refusals']:,} | {len(codes)} | {codes[0]} … {codes[-1]} | {seconds:.0f} | {complete(folder, options):,} |", flush=True)

    try:
        with Site(options) as site:
            scenarios(folder, site, options, tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scenarios(folder, site, options, tell):
    if "full" in options.scenarios:
        write(folder, options, "a", APP, "1h")
        tell("full", rounds(folder, site, options))
    if "nightly" in options.scenarios:
        site.change(options.changed, 1)
        tell("nightly", rounds(folder, site, options, days=2))
    if "give-up" in options.scenarios:
        write(folder, options, "b", APP, "1s")
        tell("give-up", rounds(folder, site, options, days=2, most=50))
    if "api-tokens" in options.scenarios:
        write(folder, options, "c", PERSON, "1h")
        tell("api-tokens", rounds(folder, site, options, days=2))


if __name__ == "__main__":
    main()
