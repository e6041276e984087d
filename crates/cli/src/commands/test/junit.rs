//! Results for continuous integration, as Jenkins, GitLab and GitHub read them
//! (<https://github.com/testmoapp/junitxml>).

use std::path::Path;

use super::outcome::Tested;

/// One suite per folder of cases.
pub(super) fn report(tested: &[Tested]) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for suite in tested.chunk_by(|a, b| a.path.parent() == b.path.parent()) {
        let folder = suite[0].path.parent().unwrap_or(Path::new("")).display().to_string();
        let n_failed = suite.iter().filter(|tested| !tested.outcome.is_good()).count();
        let seconds: f64 = suite.iter().map(|tested| tested.elapsed.as_secs_f64()).sum();
        text.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{n_failed}\" time=\"{seconds:.3}\">\n",
            escaped(&folder),
            suite.len()
        ));
        suite.iter().for_each(|tested| text.push_str(&case(tested, &folder)));
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(tested: &Tested, folder: &str) -> String {
    let name = tested.path.file_stem().unwrap_or_default().to_string_lossy();
    let opening = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3}\"",
        escaped(folder),
        escaped(&name),
        escaped(&tested.path.display().to_string()),
        tested.elapsed.as_secs_f64()
    );
    if tested.outcome.is_good() {
        return format!("{opening}/>\n");
    }
    let details = tested.details();
    let message = details.lines().next().unwrap_or_default();
    format!(
        "{opening}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
        escaped(message),
        escaped(&details)
    )
}

/// Text for XML 1.0, which has no place for most control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::outcome::Outcome, *};

    #[test]
    fn has_a_suite_per_folder_and_escapes_what_xml_must_not_hold() {
        let tested =
            |path: &str, outcome| Tested { path: path.into(), elapsed: Duration::from_millis(5), outcome };
        let report = report(&[
            tested("a.cases/1.json", Outcome::Passed),
            tested("a.cases/2.json", Outcome::Failed("x < \"y\" & \u{1b}\nz".into())),
            tested("b.cases/1.json", Outcome::Updated),
        ]);
        let suite = "<testsuite name=\"a.cases\" tests=\"2\" failures=\"1\" time=\"0.010\">";
        assert!(report.contains(suite), "{report}");
        let failure = "<failure message=\"x &lt; &quot;y&quot; &amp; \u{fffd}\">x &lt; &quot;y&quot; &amp; \u{fffd}&#10;z</failure>";
        assert!(report.contains(failure), "{report}");
        assert_eq!(report.matches("<testsuite ").count(), 2);
    }
}
