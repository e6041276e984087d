//! Which fields a request asks for.

/// System fields in the order in which answers carry them; `*navigable` has all of these.
pub(super) const NAVIGABLE: [&str; 25] = [
    "summary",
    "issuetype",
    "project",
    "status",
    "priority",
    "resolution",
    "resolutiondate",
    "created",
    "updated",
    "duedate",
    "assignee",
    "reporter",
    "creator",
    "labels",
    "components",
    "fixVersions",
    "versions",
    "description",
    "environment",
    "timespent",
    "timeestimate",
    "votes",
    "watches",
    "subtasks",
    "issuelinks",
];

/// System fields that only `*all` or their name brings.
pub(super) const HIDDEN: [&str; 3] = ["attachment", "comment", "timetracking"];

/// How many custom fields an issue has: `customfield_10000` and the following.
pub(super) const N_CUSTOM: usize = 60;

/// Number of the first custom field, which is also its bit's distance to the id.
pub(super) const FIRST_CUSTOM: usize = 10_000;

const N_SYSTEM: usize = NAVIGABLE.len() + HIDDEN.len();
const ALL: u128 = (1 << (N_SYSTEM + N_CUSTOM)) - 1;
const HIDDEN_BITS: u128 = ((1 << HIDDEN.len()) - 1) << NAVIGABLE.len();

/// What each issue of an answer consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FieldChoice {
    /// Only `{"id":"10001"}`, the default of `/search/jql`.
    IdOnly,
    /// Id, key and `self`, without `fields`: what `fields=id` or `fields=key` asks for.
    Identifiers,
    /// The fields with these bits: system fields first, then custom fields.
    Fields(FieldSet),
}

/// A set of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FieldSet(u128);

impl FieldChoice {
    /// `*navigable`, the default of the removed `/search`.
    pub(crate) fn navigable() -> FieldChoice {
        FieldChoice::Fields(FieldSet(ALL & !HIDDEN_BITS))
    }

    /// Reads the values of `fields`, each a name, `-name`, `*all`, `*navigable`, or several with commas.
    /// Unknown names are passed over, as Jira does.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Option<FieldChoice> {
        let mut bits: Option<u128> = None;
        let mut asked = false;
        for name in values.flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty()) {
            asked = true;
            let (wanted, name) = match name.strip_prefix('-') {
                Some(rest) => (false, rest),
                None => (true, name),
            };
            // `-comment` alone takes away from the default.
            let before = bits.unwrap_or(if wanted { 0 } else { ALL & !HIDDEN_BITS });
            let named = bits_of(name);
            bits = Some(if wanted { before | named } else { before & !named });
        }
        match bits {
            _ if !asked => None,
            None | Some(0) => Some(FieldChoice::Identifiers),
            Some(bits) => Some(FieldChoice::Fields(FieldSet(bits))),
        }
    }
}

impl FieldSet {
    /// Indices of the chosen fields, ascending; see [`field_at`].
    pub(super) fn indices(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let index = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(index)
        })
    }
}

/// The field behind an index of [`FieldSet::indices`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    System(&'static str),
    /// Counted from 0, for `customfield_10000`.
    Custom(usize),
}

pub(super) fn field_at(index: usize) -> Field {
    if index < NAVIGABLE.len() {
        Field::System(NAVIGABLE[index])
    } else if index < N_SYSTEM {
        Field::System(HIDDEN[index - NAVIGABLE.len()])
    } else {
        Field::Custom(index - N_SYSTEM)
    }
}

fn bits_of(name: &str) -> u128 {
    let system = NAVIGABLE.iter().chain(&HIDDEN).position(|field| *field == name);
    let custom = name
        .strip_prefix("customfield_")
        .and_then(|number| number.parse::<usize>().ok())
        .and_then(|number| number.checked_sub(FIRST_CUSTOM))
        .filter(|index| *index < N_CUSTOM)
        .map(|index| index + N_SYSTEM);
    match (name, system.or(custom)) {
        ("*all", _) => ALL,
        ("*navigable", _) => ALL & !HIDDEN_BITS,
        (_, Some(index)) => 1 << index,
        (_, None) => 0,
    }
}
