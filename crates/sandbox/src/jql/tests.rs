use super::*;

const ALL: RangeInclusive<i64> = i64::MIN..=i64::MAX;

fn everything() -> Jql {
    Jql { ids: ALL, created: ALL, updated: ALL, bounded: true, order: None }
}

#[track_caller]
fn check(text: &str, expected: Jql) {
    assert_eq!(Jql::parse(text), Ok(expected), "{text}");
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let message = Jql::parse_bounded(text).expect_err(text).to_string();
    assert!(message.contains(expected), "{text}: {message}");
}

#[test]
fn project_clauses_bound_without_narrowing() {
    for text in [
        "project = ABC",
        "PROJECT=abc",
        "project = \"ABC\"",
        "project = 'Alphabet'",
        "project = 10000",
        "project in (ABC, \"Alphabet\")",
        "project is not empty",
        "project IS NOT NULL",
        "(project = ABC)",
        "((project = ABC) and (project is not EMPTY))",
    ] {
        check(text, everything());
    }
}

#[test]
fn dates_are_in_the_accounts_time_zone_and_milliseconds_are_not() {
    // 2024-11-29 10:44 at -08:00.
    let at = 1_732_905_840_000;
    for text in ["updated >= \"2024-11-29 10:44\"", "updated >= '2024/11/29 10:44'", "updated>=1732905840000"]
    {
        check(text, Jql { updated: at..=i64::MAX, ..everything() });
    }
    let midnight = 1_732_867_200_000;
    check("created < 2024-11-29", Jql { created: i64::MIN..=midnight - 1, ..everything() });
    check("created > \"2024-11-29\"", Jql { created: midnight + 1..=i64::MAX, ..everything() });
    check("createdDate = \"2024-11-29\"", Jql { created: midnight..=midnight, ..everything() });
    check(
        "project = ABC AND updated >= 100 AND updated < 200 AND updated >= 50",
        Jql { updated: 100..=199, ..everything() },
    );
}

#[test]
fn issues_are_named_by_id_or_key() {
    check("id >= 10005", Jql { ids: 10_005..=i64::MAX, ..everything() });
    check("key <= ABC-5", Jql { ids: i64::MIN..=10_005, ..everything() });
    check("issuekey = \"abc-7\"", Jql { ids: 10_007..=10_007, ..everything() });
    check("id > 10 and id < 20", Jql { ids: 11..=19, ..everything() });
}

#[test]
fn the_first_order_field_decides() {
    let ordered = |sort, direction| Jql { order: Some((sort, direction)), ..everything() };
    check("project = ABC order by key", ordered(Sort::Number, Direction::Ascending));
    check("project = ABC ORDER BY id DESC", ordered(Sort::Number, Direction::Descending));
    check("project = ABC order by created asc, updated", ordered(Sort::Number, Direction::Ascending));
    check("project = ABC order by updated desc, key", ordered(Sort::Updated, Direction::Descending));
    let unbounded = Jql { bounded: false, ..ordered(Sort::Number, Direction::Descending) };
    check("order by key desc", unbounded);
    check("", Jql { bounded: false, ..everything() });
}

#[test]
fn everything_else_is_refused_in_jiras_words() {
    check_error("", "Unbounded JQL queries are not allowed here.");
    check_error("order by key desc", "Unbounded JQL queries are not allowed here.");
    check_error("project = XYZ", "The value 'XYZ' does not exist for the field 'project'.");
    check_error("project ABC", "Expecting operator but got 'ABC'.");
    check_error("project = (", "Expecting either a value, list or function but got '('.");
    check_error("project =", "Expecting a value before the end of the query.");
    check_error("(project = ABC", "Expecting ')' before the end of the query.");
    check_error("project = \"ABC", "The quoted string 'ABC' has not been completed.");
    check_error("colour = red", "Field 'colour' does not exist or you do not have permission to view it.");
    check_error("updated >= yesterday", "Date value 'yesterday' for field 'updated' is invalid.");
    check_error("updated >= -30d", "Date value '-30d'");
    check_error("key = XYZ-1", "An issue with key 'XYZ-1' does not exist for field 'key'.");
    check_error("project = ABC order by rank", "Not able to sort using field 'rank'.");
    check_error("project = ABC order key", "Expecting 'by' but got 'key'.");
    check_error(
        "project = ABC order by key, id, key, id, key, id, key, id",
        "JQL can be ordered by at most 7 fields.",
    );
    for unsupported in [
        "project = ABC or project = ABC",
        "status = Done",
        "not project = ABC",
        "project != ABC",
        "project is empty",
        "updated ~ 5",
        "project = ABC project = ABC",
    ] {
        check_error(unsupported, "the sandbox does not answer");
    }
}
