//! Members that no record of a page has: not a value that may be missing, but another page than the script is for.

use serde_json::Value;

use crate::ways::Step;

/// So many members are named.
const MAX_NAMES: usize = 12;

/// A member that no record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absent {
    /// Where the records are in the page: `issues`.
    list: String,
    n_records: usize,
    /// The object within a record that lacks the member; empty for the record itself.
    of: String,
    member: String,
    /// The members that are there, in order.
    known: Vec<String>,
}

impl Absent {
    /// The first member on the way from the records that none of them has; `None` where the way has no records, or where
    /// one of them has it.
    pub(crate) fn find(page: &Value, steps: &[Step]) -> Option<Self> {
        let last_each = steps.iter().rposition(|step| matches!(step, Step::Each))?;
        let (to_records, in_record) = steps.split_at(last_each + 1);
        let records = to_records.iter().fold(vec![page], |values, step| follow(&values, step));
        let n_records = records.len();
        let (mut values, mut of) = (records, Vec::new());
        for step in in_record {
            let next = follow(&values, step);
            if let Step::Name { name, .. } = step {
                let objects: Vec<_> = values.iter().filter_map(|value| value.as_object()).collect();
                if objects.is_empty() || objects.iter().any(|object| object.contains_key(name)) {
                    of.push(name.as_str());
                    values = next;
                    continue;
                }
                let mut known: Vec<String> = Vec::new();
                for key in objects.iter().flat_map(|object| object.keys()) {
                    if !known.contains(key) {
                        known.push(key.clone());
                    }
                }
                let name_of = |step: &Step| match step {
                    Step::Name { name, .. } => Some(name.clone()),
                    _ => None,
                };
                let list: Vec<String> = to_records.iter().filter_map(name_of).collect();
                return Some(Self {
                    list: list.join("."),
                    n_records,
                    of: of.join("."),
                    member: name.clone(),
                    known,
                });
            }
            values = next;
        }
        None
    }

    /// What the records lack and what they have, and what to do about it.
    pub(crate) fn help(&self) -> Vec<String> {
        let Self { n_records, member, .. } = self;
        let names: Vec<String> = self.known.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
        let more = self.known.len().checked_sub(MAX_NAMES).filter(|n_more| *n_more > 0);
        let more = more.map(|n_more| format!(" and {n_more} more")).unwrap_or_default();
        let known = match names.is_empty() {
            true => "nothing".to_owned(),
            false => format!("{}{more}", names.join(", ")),
        };
        let lack = match (n_records, self.of.is_empty()) {
            (1, true) => format!("the only record of the page has no `{member}`; it has {known}"),
            (_, true) => {
                format!("none of the {n_records} records of the page has `{member}`; they have {known}")
            }
            (1, false) => {
                format!("the `{}` of the only record of the page has no `{member}`; it has {known}", self.of)
            }
            (_, false) => format!(
                "no `{}` of the {n_records} records of the page has `{member}`; there are {known}",
                self.of
            ),
        };
        let mut help = vec![lack];
        let near = pipeline_config::nearest(member, self.known.iter().map(String::as_str));
        help.extend(near.map(|near| format!("did you mean `{near}`?")));
        if self.is_jira_search() {
            help.push(
                "Jira's `/search/jql` sends ids only unless `params` names the fields: add `fields: \"*navigable\"`, or \
                 the names of those that you need"
                    .into(),
            );
        }
        help
    }

    /// Records of Jira's search that came without their fields.
    fn is_jira_search(&self) -> bool {
        let is_id = |name: &String| matches!(name.as_str(), "id" | "key" | "self" | "expand");
        let is_bare = self.known.iter().any(|name| name == "id") && self.known.iter().all(is_id);
        self.list == "issues" && self.of.is_empty() && self.member == "fields" && is_bare
    }
}

/// Whether the way leads to nothing but nulls, at its end or before.
pub(crate) fn ends_in_null(page: &Value, steps: &[Step]) -> bool {
    let mut values = vec![page];
    for step in steps {
        let next = follow(&values, step);
        if next.is_empty() {
            break;
        }
        values = next;
    }
    !values.is_empty() && values.iter().all(|value| value.is_null())
}

/// What one step leads to from each of these values.
fn follow<'v>(values: &[&'v Value], step: &Step) -> Vec<&'v Value> {
    values
        .iter()
        .flat_map(|value| -> Vec<&'v Value> {
            match (step, value) {
                (Step::Perhaps, value) => vec![value],
                (Step::Each, Value::Array(items)) => items.iter().collect(),
                (Step::Name { name, .. }, Value::Object(members)) => members.get(name).into_iter().collect(),
                (Step::Index(index), Value::Array(items)) => items.get(*index).into_iter().collect(),
                _ => Vec::new(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn steps(path: &str) -> Vec<Step> {
        let step = |step: &str| match step {
            "*" => Step::Each,
            name => Step::Name { name: name.into(), is_optional: false },
        };
        path.split('.').map(step).collect()
    }

    #[test]
    fn names_what_no_record_has_and_what_they_have() {
        let page = json!({"issues": [
            {"id": "1", "fields": {"status": {"name": "Open"}}},
            {"id": "2", "fields": {"labels": []}},
            {"id": "3", "fields": null},
        ]});
        let check = |path: &str, expected: Option<&str>| {
            let found = Absent::find(&page, &steps(path)).map(|absent| absent.help().remove(0));
            assert_eq!(found.as_deref(), expected, "{path}");
        };
        check("issues.*.id", None);
        check("issues.*.fields.status", None);
        check(
            "issues.*.field",
            Some("none of the 3 records of the page has `field`; they have `id`, `fields`"),
        );
        check(
            "issues.*.fields.assignee.name",
            Some("no `fields` of the 3 records of the page has `assignee`; there are `status`, `labels`"),
        );
        check("issues", None);
        check("values.*.id", None);
    }

    #[test]
    fn says_what_jira_wants_where_it_has_sent_ids_only() {
        let page = json!({"issues": [{"id": "1"}, {"id": "2"}, {"id": "3"}]});
        let help = Absent::find(&page, &steps("issues.*.fields.summary")).unwrap().help();
        assert_eq!(help[0], "none of the 3 records of the page has `fields`; they have `id`");
        assert!(help[1].contains("add `fields: \"*navigable\"`"), "{help:?}");
        let other = json!({"items": [{"id": "1"}]});
        let help = Absent::find(&other, &steps("items.*.fields.summary")).unwrap().help();
        assert_eq!(help, ["the only record of the page has no `fields`; it has `id`"]);
    }
}
