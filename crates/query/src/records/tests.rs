//! Which records are the same.

use super::*;

fn records(text: &str) -> Records {
    of(text, &[])
}

fn of(text: &str, key: &[&str]) -> Records {
    let key: Vec<String> = key.iter().map(|key| (*key).to_owned()).collect();
    Records::of(&crate::raw::items(text.as_bytes()).unwrap(), &key)
}

#[test]
fn records_are_named_by_their_ids() {
    for (one, other) in [
        (r#"[{"id":1,"at":5},{"id":2,"at":5}]"#, r#"[{"at":6,"id":1},{"id":2,"at":7}]"#),
        (r#"[{"ID":"a","_score":0.5}]"#, r#"[{"_score":0.7,"ID":"a"}]"#),
        (
            r#"[{"sys_id":"a","now":1},{"sys_id":"b","now":1}]"#,
            r#"[{"sys_id":"a","now":2},{"sys_id":"b","now":2}]"#,
        ),
        (
            r#"[{"orderId":1,"now":1},{"orderId":2,"now":1}]"#,
            r#"[{"orderId":1,"now":2},{"orderId":2,"now":2}]"#,
        ),
        (r#"[{"self":"/a?s=1"},{"self":"/b?s=1"}]"#, r#"[{"self":"/a?s=2"},{"self":"/b?s=2"}]"#),
        (r#"[{"node":{"id":1,"now":1},"cursor":"x"}]"#, r#"[{"node":{"id":1,"now":2},"cursor":"y"}]"#),
        (r#"[{"id":1,"requestId":"x"}]"#, r#"[{"id":1,"requestId":"y"}]"#),
        (r#"[{"id":1.0}]"#, r#"[{"id":1}]"#),
    ] {
        assert_eq!(records(one).name, records(other).name, "{one} {other}");
    }
}

#[test]
fn records_without_ids_are_compared_by_value() {
    assert_eq!(records(r#"[{"a":1,"b":[2]}]"#).name, records(r#"[ {"b":[2.0] ,"a":1} ]"#).name);
    assert_eq!(records("[[1,2],[3]]").name, records("[ [1, 2], [3] ]").name);
    for (one, other) in [
        (r#"[{"a":1,"now":1}]"#, r#"[{"a":1,"now":2}]"#),
        // An id that is not of the record.
        (r#"[{"userId":1,"n":1},{"userId":1,"n":2}]"#, r#"[{"userId":1,"n":3},{"userId":1,"n":4}]"#),
        (r#"[{"id":null,"n":1}]"#, r#"[{"id":null,"n":2}]"#),
        (r#"[{"id":1,"n":1},{"n":2}]"#, r#"[{"id":1,"n":3},{"n":4}]"#),
        // Numbers of rows that begin anew on each page.
        (r#"[{"id":1,"uuid":"a"},{"id":2,"uuid":"b"}]"#, r#"[{"id":1,"uuid":"c"},{"id":2,"uuid":"d"}]"#),
        (
            r#"[{"key":1,"orderId":5},{"key":2,"orderId":6}]"#,
            r#"[{"key":1,"orderId":7},{"key":2,"orderId":8}]"#,
        ),
        (r#"[{"row":1,"id":5},{"row":2,"id":6}]"#, r#"[{"row":1,"id":7},{"row":2,"id":8}]"#),
        (r#"[{"userId":1,"n":1}]"#, r#"[{"userId":1,"n":2}]"#),
        (r#"[{"id":1},{"id":2}]"#, r#"[{"id":2},{"id":1}]"#),
        ("[1,2]", "[2,1]"),
    ] {
        assert_ne!(records(one).name, records(other).name, "{one} {other}");
    }
}

#[test]
fn the_users_key_names_records() {
    let (one, other) = (r#"[{"id":1,"day":1,"n":1}]"#, r#"[{"id":1,"day":2,"n":1}]"#);
    assert_eq!(of(one, &[]).name, of(other, &[]).name);
    assert_ne!(of(one, &["id", "day"]).name, of(other, &["id", "day"]).name);
    let twice = r#"[{"a":1,"b":1,"now":1},{"a":1,"b":2,"now":1}]"#;
    assert_eq!(of(twice, &["a", "b"]).name, of(&twice.replace("\"now\":1", "\"now\":2"), &["a", "b"]).name);
    // A column that the records do not have.
    assert_eq!(of(one, &["Name"]).name, of(other, &["Name"]).name);
}

#[test]
fn single_records_are_compared_by_value_where_their_ids_may_be_of_something_else() {
    let (one, other) = (
        records(r#"[{"userId":1,"at":1},{"userId":2,"at":1}]"#),
        records(r#"[{"userId":2,"at":2},{"userId":3,"at":2}]"#),
    );
    assert_ne!(one.items[1], other.items[0]);
    let (one, other) =
        (records(r#"[{"id":1,"at":1},{"id":2,"at":1}]"#), records(r#"[{"id":2,"at":2},{"id":3,"at":2}]"#));
    assert_eq!(one.items[1], other.items[0]);
    assert_eq!(other.first.as_deref(), Some("`id` 2"));
}
