//! Pages as Jira's search gives them: 100 issues with 60 custom fields each, some 570 KB, the same on every machine.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

const ISSUES: usize = 100;

/// Eight pages, by the workshop's own generator if it is next to the checkout.
pub(crate) fn eight(top: &Path) -> Vec<String> {
    let generator = top.join("../shared/bench/jira_pages.py");
    let start = |page: usize| page * ISSUES;
    let foreign = |page: usize| -> Option<String> {
        let mut command = Command::new("python3");
        command.arg(&generator).arg(ISSUES.to_string()).arg(start(page).to_string());
        let output = command.output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let made: Option<Vec<String>> = generator.exists().then(|| (0..8).map(foreign).collect()).flatten();
    made.unwrap_or_else(|| (0..8).map(|page| make(start(page))).collect())
}

/// A page whose first issue has this number; every number gives other texts.
pub(crate) fn make(start: usize) -> String {
    let issues: Vec<Value> = (start..start + ISSUES).map(issue).collect();
    json!({"expand": "schema,names", "startAt": start, "maxResults": ISSUES, "total": 100_000, "issues": issues})
        .to_string()
}

/// Knuth's 64-bit linear congruential generator (MMIX); its upper bits are good enough for test data.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 32] = [
            "the",
            "user",
            "cannot",
            "open",
            "page",
            "after",
            "upgrade",
            "because",
            "token",
            "expired",
            "server",
            "returns",
            "error",
            "when",
            "loading",
            "attachments",
            "in",
            "project",
            "board",
            "sprint",
            "backlog",
            "äöü",
            "naïve",
            "—",
            "“quoted”",
            "emoji",
            "😀",
            "customer",
            "reports",
            "slow",
            "response",
            "time",
        ];
        WORDS[self.below(WORDS.len())]
    }

    fn one_of(&mut self, names: [&'static str; 3]) -> &'static str {
        names[self.below(3)]
    }

    fn words(&mut self, n: usize) -> String {
        (0..n).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn user(&mut self) -> Value {
        let id = self.below(200);
        let avatar = |size: &str| format!("https://avatar.example.net/{id}/{size}.png");
        json!({
            "self": format!("https://x.atlassian.net/rest/api/2/user?accountId=5b10a{id}"),
            "accountId": format!("5b10a{id}"),
            "avatarUrls": {"48x48": avatar("48x48"), "24x24": avatar("24x24"), "16x16": avatar("16x16"), "32x32": avatar("32x32")},
            "displayName": format!("User {id}"), "active": true, "timeZone": "Europe/Berlin", "accountType": "atlassian",
        })
    }
}

fn issue(number: usize) -> Value {
    let dice = &mut Dice(number as u64);
    let mut fields = json!({
        "summary": dice.words(8),
        "description": match dice.below(10) {
            0 => Value::Null,
            _ => format!("h2. {}\r\n\r\n* {}", dice.words(60), dice.words(30)).into(),
        },
        "created": format!("2024-10-{:02}T10:{:02}:{:02}.000+0200", 1 + number % 28, number % 60, number * 7 % 60),
        "updated": "2024-11-01T10:00:00.000+0200",
        "issuetype": {
            "self": "https://x/rest/api/2/issuetype/10001", "id": "10001", "description": "A bug",
            "iconUrl": "https://x/i.png", "name": dice.one_of(["Bug", "Story", "Task"]), "subtask": false,
            "avatarId": 10303, "hierarchyLevel": 0,
        },
        "project": {
            "self": "https://x/p/10000", "id": "10000", "key": "ABC", "name": "Alphabet",
            "projectTypeKey": "software", "simplified": false,
            "avatarUrls": {"48x48": "https://x/a", "24x24": "https://x/b"},
        },
        "status": {
            "self": "https://x/s/3", "description": "", "iconUrl": "https://x",
            "name": dice.one_of(["To Do", "In Progress", "Done"]), "id": "3",
            "statusCategory": {"self": "https://x", "id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
        },
        "priority": {"self": "https://x", "iconUrl": "https://x", "name": dice.one_of(["High", "Low", "Medium"]), "id": "3"},
        "assignee": if dice.below(10) < 8 { dice.user() } else { Value::Null },
        "reporter": dice.user(), "creator": dice.user(),
        "labels": (0..dice.below(4)).map(|_| dice.word()).collect::<Vec<_>>(), "components": [], "fixVersions": [],
        "timespent": dice.below(100_000), "votes": {"self": "https://x", "votes": 0, "hasVoted": false},
        "watches": {"self": "https://x", "watchCount": dice.below(9), "isWatching": false},
        "resolution": null, "duedate": null,
    });
    for custom in 0..60 {
        fields[format!("customfield_{}", 10_000 + custom)] = match custom % 6 {
            1 => (dice.below(1 << 30) as f64 / 1e7).into(),
            2 => dice.words(4).into(),
            3 => json!({
                "self": format!("https://x/rest/api/2/customFieldOption/{custom}"), "value": dice.word(),
                "id": custom.to_string(),
            }),
            4 => json!([dice.word(), dice.word()]),
            _ => Value::Null,
        };
    }
    json!({
        "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
        "id": (10_000 + number).to_string(), "self": format!("https://x.atlassian.net/rest/api/2/issue/{}", 10_000 + number),
        "key": format!("ABC-{number}"), "fields": fields,
    })
}
