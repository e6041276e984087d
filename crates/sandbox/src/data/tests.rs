use std::collections::HashSet;

use serde_json::Value;

use super::fields::{FIRST_CUSTOM, HIDDEN, N_CUSTOM, NAVIGABLE};
use super::*;
use crate::jql::{Direction, Jql};

fn text(dataset: &Dataset, number: u32, version: ApiVersion) -> String {
    let mut out = String::new();
    write_issue(&mut out, number, FieldChoice::navigable(), Source { dataset, version });
    out
}

fn issue(dataset: &Dataset, number: u32, version: ApiVersion) -> Value {
    serde_json::from_str(&text(dataset, number, version)).expect("an issue is JSON")
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (one, same, other) = (Dataset::new(1, 500), Dataset::new(1, 500), Dataset::new(2, 500));
    for number in [1, 2, 77, 500] {
        for version in [ApiVersion::V2, ApiVersion::V3] {
            assert_eq!(text(&one, number, version), text(&same, number, version));
            assert_ne!(text(&one, number, version), text(&other, number, version));
        }
    }
}

#[test]
fn issues_look_like_jiras() {
    let dataset = Dataset::new(7, 2_000);
    let issues: Vec<Value> = (1..=2_000).map(|number| issue(&dataset, number, ApiVersion::V2)).collect();
    let share = |pointer: &str| {
        issues.iter().filter(|issue| issue.pointer(pointer).is_some_and(Value::is_null)).count() as f64
            / 2_000.0
    };
    assert!((0.07..0.13).contains(&share("/fields/description")), "{}", share("/fields/description"));
    assert!((0.16..0.24).contains(&share("/fields/assignee")), "{}", share("/fields/assignee"));
    for (index, issue) in issues.iter().enumerate() {
        assert_eq!(issue["key"], format!("ABC-{}", index + 1));
        assert_eq!(issue["id"], format!("{}", 10_001 + index));
        assert_eq!(issue["fields"].as_object().map(serde_json::Map::len), Some(NAVIGABLE.len() + N_CUSTOM));
        let done = issue["fields"]["status"]["statusCategory"]["key"] == "done";
        assert_eq!(issue["fields"]["resolutiondate"].is_null(), !done);
        let created = issue["fields"]["created"].as_str().unwrap();
        assert!(created.len() == 28 && created.ends_with("-0800") && &created[19..20] == ".", "{created}");
    }
    let all = issues.iter().filter_map(|issue| issue["fields"]["description"].as_str()).collect::<String>();
    for awkward in ["\r\n", "\"", "\\", "😀", "日本語", "h2. "] {
        assert!(all.contains(awkward), "{awkward:?}");
    }
}

#[test]
fn an_issue_is_about_as_long_as_a_real_one() {
    let dataset = Dataset::new(7, 1_000);
    for (version, range) in [(ApiVersion::V2, 5_400..6_400), (ApiVersion::V3, 5_400..6_900)] {
        let bytes: usize = (1..=1_000).map(|number| text(&dataset, number, version).len()).sum();
        assert!(range.contains(&(bytes / 1_000)), "{version:?}: {}", bytes / 1_000);
    }
}

#[test]
fn version_3_has_documents_where_version_2_has_markup() {
    let dataset = Dataset::new(7, 50);
    for number in 1..=50 {
        let (v2, v3) = (issue(&dataset, number, ApiVersion::V2), issue(&dataset, number, ApiVersion::V3));
        let (wiki, adf) = (&v2["fields"]["description"], &v3["fields"]["description"]);
        assert_eq!(wiki.is_null(), adf.is_null());
        assert!(adf.is_null() || (wiki.is_string() && adf["type"] == "doc"));
        assert_eq!(v2["fields"]["summary"], v3["fields"]["summary"]);
        assert_eq!(v2["fields"]["customfield_10009"], v3["fields"]["customfield_10009"]);
    }
}

#[test]
fn a_field_is_the_same_whatever_else_is_asked_for() {
    let dataset = Dataset::new(7, 10);
    let whole = issue(&dataset, 5, ApiVersion::V2);
    for name in ["summary", "assignee", "status", "customfield_10003"] {
        let choice = FieldChoice::of([name].into_iter()).unwrap();
        let mut out = String::new();
        write_issue(&mut out, 5, choice, Source { dataset: &dataset, version: ApiVersion::V2 });
        let alone: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(alone["fields"].as_object().map(serde_json::Map::len), Some(1));
        assert_eq!(alone["fields"][name], whole["fields"][name]);
    }
}

#[test]
fn fields_are_chosen_as_in_jira() {
    let all = NAVIGABLE.len() + HIDDEN.len() + N_CUSTOM;
    #[track_caller]
    fn check(values: &[&str], expected: Option<usize>) {
        let choice = FieldChoice::of(values.iter().copied());
        let n = choice.map(|choice| match choice {
            FieldChoice::Fields(fields) => fields.indices().count(),
            FieldChoice::IdOnly | FieldChoice::Identifiers => 0,
        });
        assert_eq!(n, expected, "{values:?}");
    }
    check(&[], None);
    check(&[""], None);
    check(&["id"], Some(0));
    check(&["key,id"], Some(0));
    check(&["summary"], Some(1));
    check(&["summary,status", " created "], Some(3));
    check(&["summary,nothing"], Some(1));
    check(&["customfield_10000", "customfield_10059", "customfield_10060"], Some(2));
    check(&["*navigable"], Some(all - HIDDEN.len()));
    check(&["*all"], Some(all));
    check(&["*all,-comment"], Some(all - 1));
    check(&["-description"], Some(all - HIDDEN.len() - 1));
    assert_eq!(FIRST_CUSTOM, 10_000);
}

#[test]
fn selections_agree_with_looking_at_every_issue() {
    let dataset = Dataset::new(3, 400);
    let (early, late) = (dataset.created(100), dataset.updated(200).max(dataset.created(150)));
    for clauses in [
        "project = ABC".to_owned(),
        format!("created >= {early} and created < {late}"),
        format!("updated >= {early} and updated < {late}"),
        format!("updated > {late}"),
        format!("updated <= {late} and key >= ABC-50 and id < 10350"),
        "key > ABC-400".to_owned(),
        "id >= 5 and id < 3".to_owned(),
        format!("updated < {early} and updated > {late}"),
    ] {
        for order in
            ["", "order by key", "order by created desc", "order by updated", "order by updated desc"]
        {
            let jql = Jql::parse(&format!("{clauses} {order}")).expect("a good query");
            let selection = dataset.select(&jql);
            let slow = looked_at(&dataset, &jql);
            assert_eq!(selection.count(), slow.len(), "{clauses} {order}");
            assert_eq!(selection.slice(0, usize::MAX), slow, "{clauses} {order}");
            assert_eq!(selection.slice(3, 5), slow.iter().copied().skip(3).take(5).collect::<Vec<_>>());
        }
    }
}

fn looked_at(dataset: &Dataset, jql: &Jql) -> Vec<u32> {
    let mut numbers: Vec<u32> = (1..=400)
        .filter(|number| jql.ids.contains(&i64::from(FIRST_ID + number)))
        .filter(|number| jql.created.contains(&dataset.created(*number)))
        .filter(|number| jql.updated.contains(&dataset.updated(*number)))
        .collect();
    if let Some((crate::jql::Sort::Updated, _)) = jql.order {
        numbers.sort_by_key(|number| dataset.updated(*number));
    }
    if !matches!(jql.order, Some((_, Direction::Ascending))) {
        numbers.reverse();
    }
    numbers
}

#[test]
fn times_grow_with_the_number_and_changes_follow_creation() {
    for issues in [1, 250, 100_000] {
        let dataset = Dataset::new(9, issues);
        let numbers = (1..=issues).step_by((issues / 200).max(1) as usize);
        let created: Vec<i64> = numbers.clone().map(|number| dataset.created(number)).collect();
        assert!(created.is_sorted());
        assert!(numbers.into_iter().all(|number| dataset.updated(number) >= dataset.created(number)));
    }
}

#[test]
fn worklogs_are_json_with_ids_of_their_own() {
    let dataset = Dataset::new(7, 300);
    let (mut ids, mut most) = (HashSet::new(), 0);
    for number in 1..=300 {
        let n_worklogs = worklog_count(&dataset, number);
        most = most.max(n_worklogs);
        for index in 0..n_worklogs {
            let mut out = String::new();
            write_worklog(&mut out, number, index, Source { dataset: &dataset, version: ApiVersion::V3 });
            let worklog: Value = serde_json::from_str(&out).expect("a worklog is JSON");
            assert_eq!(worklog["issueId"], format!("{}", FIRST_ID + number));
            assert!(ids.insert(worklog["id"].as_str().unwrap().to_owned()));
        }
    }
    assert!(most >= 30, "some issue must need several pages");
}
