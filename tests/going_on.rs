//! Runs that are resumed at a server whose records have changed in the meantime.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::{
    commits::REST,
    recorded::{Asked, Reply, Server},
    state::{files, spawn, wait_for_pages},
    support::{Home, every},
};

/// What a server has, and from which record on it is out of order.
#[derive(Debug, Default)]
struct State {
    ids: Vec<u64>,
    /// The record whose page is refused.
    refused: Option<u64>,
    /// The record whose page is to be requested again in a minute, after so many answers.
    waiting: Option<(u64, u64)>,
    /// Whether the second page is refused of those that 2 divides.
    refused_of_two: bool,
    /// A part of each record.
    note: &'static str,
    /// Beside the records, another one each time.
    n_answers: u64,
}

type Shared = Arc<Mutex<State>>;

fn number(asked: &Asked, name: &str) -> Option<u64> {
    asked.param(name).map(|text| text.parse().expect("a number"))
}

/// Three records a page, by whatever the query is: `offset`, `page`, `after` (an id). The path may name a part of the
/// records: `/items/N` has those that N divides.
fn answer(state: &Shared, asked: &Asked) -> Reply {
    let mut state = state.lock().expect("nobody panics here");
    state.n_answers += 1;
    let (from, to) = (number(asked, "from").unwrap_or(0), number(asked, "to").unwrap_or(u64::MAX));
    let divisor: u64 = asked.path.rsplit('/').next().and_then(|last| last.parse().ok()).unwrap_or(1);
    let of_query = |id: &&u64| **id >= from && **id < to && (**id).is_multiple_of(divisor);
    let all: Vec<u64> = state.ids.iter().filter(of_query).copied().collect();
    let page = number(asked, "page").or_else(|| number(asked, "marker")).unwrap_or(1);
    let after = number(asked, "after").map(|after| all.iter().filter(|id| **id <= after).count() as u64);
    let start = number(asked, "offset").or(after).unwrap_or(3 * (page - 1));
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let ids: Vec<u64> = all.iter().copied().skip(start).take(3).collect();
    let is_last = start + ids.len() >= all.len();
    if let Some((_, n_passed)) = state.waiting.as_mut().filter(|(id, _)| ids.contains(id)) {
        if *n_passed == 0 {
            return Reply::json("{}").of_status(429).with("retry-after", "60");
        }
        *n_passed -= 1;
    }
    let is_of_two = divisor == 2 && start == 3 && state.refused_of_two;
    if is_of_two || state.refused.is_some_and(|id| ids.contains(&id)) {
        return Reply::json("{}").of_status(403);
    }
    let items: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "note": state.note })).collect();
    let mut body = json!({ "items": items, "at": state.n_answers });
    if !asked.path.contains("untold") {
        body["total"] = all.len().into();
    }
    if !is_last {
        body["next"] = ids.last().copied().into();
        body["next_page"] = (page + 1).into();
    }
    let reply = Reply::json(body.to_string());
    match asked.path.contains("linked") && !is_last {
        true => reply.with("link", format!("<{{server}}{}?page={}>; rel=\"next\"", asked.path, page + 1)),
        false => reply,
    }
}

fn server() -> (Server, Home, Shared) {
    let state: Shared = Arc::new(Mutex::new(State { ids: (10..=21).collect(), ..State::default() }));
    let shared = Arc::clone(&state);
    let server = Server::start(move |asked| answer(&shared, asked));
    let home = Home::new().with([("URL", server.url.as_str())]);
    (server, home, state)
}

fn change(state: &Shared, change: impl FnOnce(&mut State)) {
    change(&mut state.lock().expect("nobody panics here"));
}

fn ids(home: &Home) -> Vec<u64> {
    let id =
        |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["id"].as_u64().expect("a number");
    home.read("rows.jsonl").lines().map(id).collect()
}

const SINK: &str = "sink: { kind: jsonl, path: rows }\n";
const OFFSET: &str = "path: /items, select: items, pagination: { kind: offset, param: offset, total: total }";
const UNTOLD: &str = "path: /untold, select: items, pagination: { kind: offset, param: offset }";
const PAGES: &str =
    "path: /untold, select: items, ignore_signals: next_page, pagination: { kind: page_number, param: page }";
const LINKED: &str = "path: /linked, select: items, pagination: { kind: link_header }";
const NUMBERED: &str =
    "path: /items, select: items, pagination: { kind: cursor, next: next_page, param: page }";
/// Counts, and its name does not say so.
const MARKER: &str = "path: /untold, select: items, ignore_signals: next, \
                      pagination: { kind: cursor, next: next_page, param: marker }";
const AFTER: &str = "path: /items, select: items, pagination: { kind: cursor, next: next, param: after }";

/// Runs until the page with `refused` is refused, changes the server, and runs again.
fn resumed(query: &str, refused: u64, edit: impl FnOnce(&mut State)) -> (Home, Value, String) {
    let (_server, home, state) = server();
    home.write("p.yaml", &format!("{REST}query: {{ {query} }}\n{SINK}"));
    change(&state, |state| state.refused = Some(refused));
    let stopped = home.run(&["run", "p.yaml"]);
    assert_eq!(stopped.code, Some(1), "{query}: {}", stopped.stderr);
    change(&state, |state| {
        state.refused = None;
        edit(state);
    });
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    assert_eq!(done.code, Some(0), "{query}: {}", done.stderr);
    let rows = ids(&home);
    assert_eq!(rows, state.lock().expect("nobody panics here").ids, "{query}: {}", done.stderr);
    assert!(files(&home.path("state"), "journal").is_empty());
    // The next run has nothing to do with all that.
    let next = home.run(&["run", "p.yaml"]);
    assert!(next.code == Some(0) && !next.stderr.contains("anew"), "{}", next.stderr);
    (home, serde_json::from_str(&done.stdout).expect("a summary"), done.stderr)
}

fn goes_on(query: &str, edit: impl FnOnce(&mut State)) {
    let (_, summary, stderr) = resumed(query, 19, edit);
    assert!(!stderr.contains("anew"), "{query}: {stderr}");
    assert_eq!(summary["tables"][0]["resumed_pages"], 3, "{query}: {stderr}");
    assert_eq!(summary["tables"][0].get("begun_anew"), None, "{query}: {stderr}");
}

fn begins_anew(query: &str, edit: impl FnOnce(&mut State), reason: &str) {
    let (_, summary, stderr) = resumed(query, 19, edit);
    let told = summary["tables"][0]["begun_anew"].as_str().unwrap_or_else(|| panic!("{query}: {stderr}"));
    assert!(told.contains(reason), "{query}: {told}");
    for part in ["beginning anew, without 3 pages of an earlier run", reason, "resume: { enabled: false }"] {
        assert!(stderr.contains(part), "{query}: {part} in {stderr}");
    }
    assert_eq!(summary["tables"][0].get("resumed_pages"), None, "{query}: {stderr}");
}

#[test]
fn counted_pages_go_on_where_nothing_has_changed() {
    for query in every(3, [OFFSET, UNTOLD, PAGES, LINKED, NUMBERED, MARKER, AFTER]) {
        goes_on(query, |_| {});
    }
}

#[test]
fn counted_pages_begin_anew_where_records_went_or_came_before_them() {
    for query in every(4, [UNTOLD, PAGES, LINKED, NUMBERED]) {
        // The last two give a total, whose change is seen first.
        let part = if query.contains("untold") { "other records" } else { "is not as it was" };
        begins_anew(query, |state| drop(state.ids.drain(..1)), part);
        begins_anew(query, |state| state.ids.insert(0, 9), part);
        // So many that the last page is beyond the end.
        begins_anew(query, |state| drop(state.ids.drain(..7)), "");
        begins_anew(query, |state| state.note = "edited", part);
    }
    begins_anew(MARKER, |state| drop(state.ids.drain(..1)), "other records");
    // Where a place may name a record, that may have changed.
    goes_on(MARKER, |state| state.note = "edited");
    begins_anew(OFFSET, |state| drop(state.ids.drain(..1)), "12 and is 11 now");
    begins_anew(OFFSET, |state| state.ids.insert(0, 9), "12 and is 13 now");
    // The total is the same.
    begins_anew(
        OFFSET,
        |state| {
            state.ids.remove(0);
            state.ids.push(22);
        },
        "other records",
    );
    begins_anew(OFFSET, |state| state.ids.push(22), "12 and is 13 now");
}

/// A run of `tables` that ended in an error, and what the next one says, whose requests get a 404 where that stands in `answers`.
fn refused_at(tables: &str, answers: &'static [u16]) -> String {
    let (_, home, state) = server();
    let asked = Arc::new(Mutex::new(None::<usize>));
    let (shared, number) = (Arc::clone(&state), Arc::clone(&asked));
    let server = Server::start(move |asked| {
        // The second child is asked for side by side with the first one.
        let is_in_line = !asked.path.ends_with("/2");
        let mut number = number.lock().expect("nobody panics here");
        let number = number.as_mut().filter(|_| is_in_line).map(|n| std::mem::replace(n, *n + 1));
        match number.and_then(|number| answers.get(number)) {
            Some(404) => Reply::json("{}").of_status(404),
            _ if asked.path == "/kinds" => Reply::json(json!([{ "id": 1 }, { "id": 2 }]).to_string()),
            _ => answer(&shared, asked),
        }
    });
    let home = home.with([("URL", server.url.as_str())]);
    home.write("p.yaml", &format!("{REST}{tables}"));
    change(&state, |state| (state.refused, state.refused_of_two) = (Some(19), true));
    assert_eq!(home.run(&["run", "p.yaml"]).code, Some(1));
    change(&state, |state| (state.refused, state.refused_of_two) = (None, false));
    *asked.lock().expect("nobody panics here") = Some(0);
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    done.stderr
}

#[test]
fn whether_a_run_goes_on_is_said_once_it_is_known() {
    let one = format!("query: {{ {AFTER} }}\n{SINK}");
    // All is as it was; the last page is refused; the last page is as it was, and the place is refused.
    for (answers, anew) in [
        (&[][..], None),
        (&[404][..], Some("the server answers 404")),
        (&[200, 404][..], Some("the server answered 404")),
    ] {
        let told = refused_at(&one, answers);
        assert_eq!(told.contains("going on where"), anew.is_none(), "{told}");
        assert_eq!(told.contains("beginning anew"), anew.is_some(), "{told}");
        assert!(told.contains(anew.unwrap_or("3 pages of it")), "{told}");
    }
    let tables = format!(
        "tables:\n  kinds: {{ query: {{ path: /kinds }}, sink: {{ kind: jsonl, path: kinds, mode: append }} }}\n  items:\n    \
         query: {{ for_each: {{ table: kinds, column: id }}, {} }}\n    {SINK}",
        AFTER.replace("/items", "'/untold/${each.key}'")
    );
    // The first child is refused at 19, so that the place is its fourth page.
    let told = refused_at(&tables, &[200, 404]);
    assert!(told.contains("an earlier run: `key` = `1`: page 4: GET"), "{told}");
    assert!(told.contains("the server answered 404"), "{told}");
}

#[test]
fn what_changes_after_the_last_kept_page_is_read_as_it_is() {
    for query in every(2, [UNTOLD, PAGES, AFTER]) {
        goes_on(query, |state| state.ids.push(22));
        goes_on(query, |state| _ = state.ids.pop());
    }
}

#[test]
fn windows_and_children_of_counted_pages_begin_anew_too() {
    let split = "path: /items, select: items, params: { from: '${split.from}', to: '${split.to}' }, \
                 split: { from: 10, to: 22, every: 6 }, pagination: { kind: offset, param: offset, total: total }";
    // Three of four pages, in the middle of the second window.
    goes_on(split, |_| {});
    begins_anew(split, |state| _ = state.ids.remove(6), "window 16 to 22: page 1, requested again");
    let untold = split.replace("/items", "/untold").replace(", total: total", "");
    let (_, summary, stderr) = resumed(&untold, 19, |state| _ = state.ids.remove(6));
    assert!(summary["tables"][0].get("begun_anew").is_some() && stderr.contains("other records"), "{stderr}");
    // Between two windows.
    let (_, summary, stderr) = resumed(split, 16, |_| {});
    assert!(summary["tables"][0]["resumed_pages"] == 2 && !stderr.contains("anew"), "{stderr}");
    let (_, summary, stderr) = resumed(split, 16, |state| _ = state.ids.remove(0));
    assert!(summary["tables"][0].get("resumed_pages").is_none() && stderr.contains("anew"), "{stderr}");
}

#[test]
fn children_of_counted_pages_begin_anew_without_their_parent() {
    let tables = |parent: &str| {
        format!(
            "{REST}tables:
  kinds: {{ query: {{ path: /kinds }}, sink: {{ kind: jsonl, path: {parent}, mode: append }} }}
  items: {{ query: {{ path: '/untold/${{each.key}}', select: items, for_each: {{ table: kinds, column: id }},
             pagination: {{ kind: offset, param: offset }} }}, sink: {{ kind: jsonl, path: rows }} }}
"
        )
    };
    // The first child has four pages and an empty one, the second one two; the last page that is kept is the first one of the second.
    for (removed, is_same) in every(2, [(None, true), (Some(12), false), (Some(11), true), (Some(21), true)])
    {
        let (_, home, state) = server();
        let shared = Arc::clone(&state);
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/kinds" => Reply::json(json!([{ "id": 1 }, { "id": 2 }]).to_string()),
            _ => answer(&shared, asked),
        });
        let home = home.with([("URL", server.url.as_str())]);
        home.write("p.yaml", &tables("kinds"));
        // Of the second child's second page.
        change(&state, |state| state.refused_of_two = true);
        let stopped = home.run(&["run", "p.yaml"]);
        assert_eq!(stopped.code, Some(1), "{}", stopped.stderr);
        change(&state, |state| {
            state.refused_of_two = false;
            state.ids.retain(|id| Some(*id) != removed);
        });
        let summary = home.summary(&["p.yaml"]);
        let (kinds, items) = (&summary["tables"][0], &summary["tables"][1]);
        let told = items["begun_anew"].as_str().unwrap_or_default();
        assert_eq!(told.contains("`key` = `2`: page 1, requested again"), !is_same, "{removed:?} {summary}");
        assert_eq!(
            items["resumed_pages"],
            if is_same { 6.into() } else { Value::Null },
            "{removed:?} {summary}"
        );
        // The parent is committed, and stays so.
        assert_eq!((&kinds["resumed_pages"], kinds.get("begun_anew")), (&1.into(), None), "{summary}");
        let part = files(&home.path("kinds"), "jsonl");
        assert_eq!(fs::read_to_string(&part[0]).expect("read").lines().count() * part.len(), 2);
        let own = |id: &u64| id.is_multiple_of(2) && Some(*id) != removed;
        // What is kept of the first child is as it was: each child is a query of its own.
        let first: Vec<u64> = (10..=21).filter(|id| is_same || Some(*id) != removed).collect();
        let expected: Vec<u64> = first.into_iter().chain((10..=21).filter(own)).collect();
        assert_eq!(ids(&home), expected, "{removed:?}");
    }
}

#[test]
fn pages_that_are_requested_side_by_side_are_verified_too() {
    let side_by_side = |home: &Home| {
        let yaml = home.read("p.yaml").replace("max_wait: 1s", "max_wait: 1s, concurrency: 4");
        home.write("p.yaml", &yaml);
    };
    for is_changed in [false, true] {
        let (server, home, state) = server();
        home.write("p.yaml", &format!("{REST}query: {{ {OFFSET} }}\n{SINK}"));
        side_by_side(&home);
        change(&state, |state| state.refused = Some(19));
        assert_eq!(home.run(&["run", "p.yaml"]).code, Some(1));
        change(&state, |state| {
            state.refused = None;
            if is_changed {
                state.ids.remove(0);
                state.ids.push(22);
            }
        });
        let n_asked = server.asked().len();
        let summary = home.summary(&["p.yaml"]);
        assert_eq!(summary["tables"][0].get("begun_anew").is_some(), is_changed, "{summary}");
        // The last page once more and the one that is missing; or that, and all four.
        assert_eq!(server.asked().len() - n_asked, if is_changed { 5 } else { 2 }, "{:?}", server.asked());
        assert_eq!(ids(&home), state.lock().expect("nobody panics here").ids);
    }
}

#[test]
fn a_run_that_is_killed_or_refused_at_any_page_mixes_no_two_states() {
    for query in every(3, [OFFSET, UNTOLD, PAGES, LINKED]) {
        let (_server, home, state) = server();
        let patient = REST.replace("1s", "2m");
        home.write("p.yaml", &format!("{patient}query: {{ {query} }}\n{SINK}"));
        change(&state, |state| state.waiting = Some((19, 0)));
        let mut child = spawn(&home, &["run", "p.yaml"]);
        wait_for_pages(&home, 3);
        child.kill().expect("killed");
        child.wait().expect("dead");
        // Neither is the page to be had that says whether the server is as it was: that says nothing of it.
        change(&state, |state| (state.waiting, state.refused) = (None, Some(16)));
        let refused = home.run(&["run", "p.yaml"]);
        assert!(refused.code == Some(1) && !refused.stderr.contains("anew"), "{query}: {}", refused.stderr);
        change(&state, |state| {
            state.ids.remove(0);
            state.ids.push(22);
            (state.refused, state.waiting) = (None, Some((17, 1)));
        });
        // The run that begins anew is killed too, and changed once more.
        let mut child = spawn(&home, &["run", "p.yaml"]);
        let begin = std::time::Instant::now();
        while files(&home.path("state"), "journal").iter().any(|path| holds(path, "\"n_pages\":3")) {
            assert!(begin.elapsed() < std::time::Duration::from_secs(60), "{query}");
        }
        wait_for_pages(&home, 2);
        child.kill().expect("killed");
        child.wait().expect("dead");
        change(&state, |state| state.waiting = None);
        let summary = home.summary(&["p.yaml"]);
        assert_eq!(summary["tables"][0]["resumed_pages"], 2, "{query}: {summary}");
        assert_eq!(ids(&home), state.lock().expect("nobody panics here").ids, "{query}");
    }
}

fn holds(path: &std::path::Path, text: &str) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
