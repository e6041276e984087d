//! One issue as JSON text.

use super::custom::write_custom;
use super::fields::{FIRST_CUSTOM, Field, FieldChoice, field_at};
use super::people::write_user;
use super::random::Rng;
use super::text::{word, write_description, write_sentence};
use super::time::{write_date, write_timestamp};
use super::{ApiVersion, Dataset, SELF_ORIGIN, put};

/// Id of `ABC-0`, if there were one: ids are 10000 + number.
pub(crate) const FIRST_ID: u32 = 10_000;
/// Key of the only project.
pub(crate) const PROJECT_KEY: &str = "ABC";
/// Name of the only project.
pub(crate) const PROJECT_NAME: &str = "Alphabet";
/// Id of the only project.
pub(crate) const PROJECT_ID: &str = "10000";

/// Streams of randomness that several fields share.
const STATUS_STREAM: usize = 900;

const DAY: i64 = 86_400_000;

/// Appends issue `number` (from 1) with the chosen fields.
pub(crate) fn write_issue(out: &mut String, number: u32, choice: FieldChoice, source: Source<'_>) {
    let (id, api) = (FIRST_ID + number, source.version.as_str());
    if choice == FieldChoice::IdOnly {
        return put(out, format_args!(r#"{{"id":"{id}"}}"#));
    }
    put(
        out,
        format_args!(
            r#"{{"expand":"operations,versionedRepresentations,editmeta,changelog,renderedFields","id":"{id}","self":"{SELF_ORIGIN}/rest/api/{api}/issue/{id}","key":"{PROJECT_KEY}-{number}""#
        ),
    );
    if let FieldChoice::Fields(fields) = choice {
        out.push_str(r#","fields":{"#);
        for (position, index) in fields.indices().enumerate() {
            if position > 0 {
                out.push(',');
            }
            let rng = Rng::of(source.dataset.seed, number, index);
            match field_at(index) {
                Field::System(name) => {
                    put(out, format_args!("\"{name}\":"));
                    Issue { out: &mut *out, number, source, rng }.write_field(name);
                }
                Field::Custom(index) => {
                    put(out, format_args!("\"customfield_{}\":", FIRST_CUSTOM + index));
                    write_custom(out, index, &mut { rng }, source.version);
                }
            }
        }
        out.push('}');
    }
    out.push('}');
}

/// Where issues come from and for which API they are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) version: ApiVersion,
}

/// One field being written.
struct Issue<'a> {
    out: &'a mut String,
    number: u32,
    source: Source<'a>,
    rng: Rng,
}

/// Name, id, and the category's id, key, colour and name.
type Status = (&'static str, u32, u32, &'static str, &'static str, &'static str);

const STATUSES: [Status; 4] = [
    ("To Do", 10_000, 2, "new", "blue-gray", "To Do"),
    ("In Progress", 3, 4, "indeterminate", "yellow", "In Progress"),
    ("In Review", 10_002, 4, "indeterminate", "yellow", "In Progress"),
    ("Done", 10_001, 3, "done", "green", "Done"),
];

impl Issue<'_> {
    fn write_field(&mut self, name: &str) {
        let version = self.source.version;
        match name {
            "summary" => {
                let n_words = 4 + self.rng.below(8);
                write_sentence(self.out, &mut self.rng, n_words);
            }
            "description" if !self.rng.chance(10) => write_description(self.out, &mut self.rng, version),
            "assignee" if !self.rng.chance(20) => write_user(self.out, &mut self.rng, version),
            "reporter" | "creator" => write_user(self.out, &mut self.rng, version),
            "issuetype" => self.write_issuetype(),
            "project" => self.write_project(),
            "status" => self.write_status(),
            "priority" => self.write_priority(),
            "resolution" | "resolutiondate" if !self.is_done() => self.out.push_str("null"),
            "resolution" => self.write_resolution(),
            "resolutiondate" | "updated" => {
                write_timestamp(self.out, self.source.dataset.updated(self.number));
            }
            "created" => write_timestamp(self.out, self.source.dataset.created(self.number)),
            "duedate" if self.rng.chance(40) => {
                let due = self.source.dataset.created(self.number) + DAY * (1 + self.rng.below(90) as i64);
                write_date(self.out, due);
            }
            "labels" => self.write_labels(),
            "components" => self.write_named("component", "Component"),
            "fixVersions" | "versions" => self.write_named("version", "Release"),
            "timespent" if self.rng.chance(60) => {
                put(self.out, format_args!("{}", 60 * self.rng.below(2_000)));
            }
            "timeestimate" if self.rng.chance(30) => {
                put(self.out, format_args!("{}", 3_600 * self.rng.below(80)));
            }
            "votes" => self.write_count("votes", r#""votes""#, r#""hasVoted":false"#),
            "watches" => self.write_count("watchers", r#""watchCount""#, r#""isWatching":false"#),
            "subtasks" | "issuelinks" | "attachment" => self.out.push_str("[]"),
            "comment" => self.out.push_str(r#"{"comments":[],"maxResults":0,"total":0,"startAt":0}"#),
            "timetracking" => self.out.push_str("{}"),
            _ => self.out.push_str("null"),
        }
    }

    /// The status has a stream of its own, since the resolution must agree with it.
    fn status(&self) -> Status {
        *Rng::of(self.source.dataset.seed, self.number, STATUS_STREAM).pick(&STATUSES)
    }

    fn is_done(&self) -> bool {
        self.status().3 == "done"
    }

    fn write_status(&mut self) {
        let (name, id, category, key, colour, category_name) = self.status();
        let api = self.source.version.as_str();
        put(
            self.out,
            format_args!(
                r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/status/{id}","description":"","iconUrl":"{SELF_ORIGIN}/images/icons/statuses/generic.png","name":"{name}","id":"{id}","statusCategory":{{"self":"{SELF_ORIGIN}/rest/api/{api}/statuscategory/{category}","id":{category},"key":"{key}","colorName":"{colour}","name":"{category_name}"}}}}"#
            ),
        );
    }

    fn write_issuetype(&mut self) {
        const TYPES: [(&str, u32, &str); 4] = [
            ("Bug", 10_006, "A problem or error."),
            ("Story", 10_007, "Functionality expressed as a user goal."),
            ("Task", 10_008, "A small, distinct piece of work."),
            ("Epic", 10_009, "A big piece of work."),
        ];
        let (name, id, description) = *self.rng.pick(&TYPES);
        let (api, level) = (self.source.version.as_str(), u8::from(name == "Epic"));
        put(
            self.out,
            format_args!(
                r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/issuetype/{id}","id":"{id}","description":"{description}","iconUrl":"{SELF_ORIGIN}/issuetype/{id}.png","name":"{name}","subtask":false,"avatarId":10303,"hierarchyLevel":{level}}}"#
            ),
        );
    }

    fn write_project(&mut self) {
        let api = self.source.version.as_str();
        put(
            self.out,
            format_args!(
                r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/project/{PROJECT_ID}","id":"{PROJECT_ID}","key":"{PROJECT_KEY}","name":"{PROJECT_NAME}","projectTypeKey":"software","simplified":false,"avatarUrls":{{"48x48":"{SELF_ORIGIN}/avatar/10400","24x24":"{SELF_ORIGIN}/avatar/10400?size=small"}}}}"#
            ),
        );
    }

    fn write_priority(&mut self) {
        const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];
        let index = self.rng.below(PRIORITIES.len() as u64);
        let (name, id, api) = (PRIORITIES[index as usize], index + 1, self.source.version.as_str());
        put(
            self.out,
            format_args!(
                r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/priority/{id}","iconUrl":"{SELF_ORIGIN}/images/icons/priorities/{id}.svg","name":"{name}","id":"{id}"}}"#
            ),
        );
    }

    fn write_resolution(&mut self) {
        let api = self.source.version.as_str();
        put(
            self.out,
            format_args!(
                r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/resolution/10000","id":"10000","description":"Work has been completed on this issue.","name":"Done"}}"#
            ),
        );
    }

    fn write_labels(&mut self) {
        self.out.push('[');
        for position in 0..self.rng.below(4) {
            let comma = if position > 0 { "," } else { "" };
            put(self.out, format_args!(r#"{comma}"{}""#, word(&mut self.rng)));
        }
        self.out.push(']');
    }

    /// A list of none to two objects with an id and a name.
    fn write_named(&mut self, path: &str, noun: &str) {
        let api = self.source.version.as_str();
        self.out.push('[');
        let n_items = if self.rng.chance(60) { 0 } else { 1 + self.rng.below(2) };
        for position in 0..n_items {
            let (comma, number) = (if position > 0 { "," } else { "" }, 1 + self.rng.below(12));
            put(
                self.out,
                format_args!(
                    r#"{comma}{{"self":"{SELF_ORIGIN}/rest/api/{api}/{path}/{number}","id":"{number}","name":"{noun} {number}"}}"#
                ),
            );
        }
        self.out.push(']');
    }

    fn write_count(&mut self, path: &str, count: &str, rest: &str) {
        let (key, api, n) = (self.number, self.source.version.as_str(), self.rng.below(9));
        put(
            self.out,
            format_args!(
                r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/issue/{PROJECT_KEY}-{key}/{path}",{count}:{n},{rest}}}"#
            ),
        );
    }
}
