//! What the checks of a table say, for people and for the history.

use pipeline_history::CheckRecord;
use pipeline_table::{Finding, Severity};
use pipeline_transport::Redactor;

use super::RunError;

/// The verdicts, without credentials.
pub(super) fn records(findings: &[Finding], redactor: &Redactor) -> Vec<CheckRecord> {
    let record = |finding: &Finding| CheckRecord {
        check: redactor.redact(&finding.check).into_owned(),
        severity: if finding.severity == Severity::Fail { "fail" } else { "warn" }.to_owned(),
        problem: finding.problem.as_ref().map(|problem| redactor.redact(&problem.to_string()).into_owned()),
    };
    findings.iter().map(record).collect()
}

/// An error when a check that must hold does not.
pub(super) fn decide(checks: &[CheckRecord]) -> Result<(), RunError> {
    let is_broken = |check: &&CheckRecord| check.severity == "fail" && check.problem.is_some();
    let broken: Vec<&CheckRecord> = checks.iter().filter(is_broken).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = broken
        .iter()
        .map(|check| format!("  {}: {}", check.check, check.problem.as_deref().unwrap_or_default()))
        .collect();
    Err(RunError::Checks { n_failed: broken.len(), n_checks: checks.len(), shown: shown.join("\n") })
}
