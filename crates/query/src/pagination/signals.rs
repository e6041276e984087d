//! What a page says about the pages after it: one value per signal, which [`judge`](super::judge) weighs.

/// All signals of a page, and its place among the pages of its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSignals {
    /// How the query goes from page to page.
    pub way: Way,
    /// How many records the page has.
    pub records: Records,
    /// Whether the page says where the next one is.
    pub next: NextSignal,
    /// Whether an earlier page of the query said where the next one was.
    pub had_next: bool,
    /// What `has_more` and `is_last` say.
    pub flag: FlagSignal,
    /// What `total` or `total_pages` says, compared with what has come.
    pub total: TotalSignal,
    /// What well-known keys and headers say that the pagination does not name.
    pub other: OtherSignal,
    /// How the page compares with the earlier pages.
    pub progress: Progress,
    /// Whether the answer has a body.
    pub content: Content,
    /// Whether more records have come than every page counts.
    pub is_above_total: bool,
    /// Whether fewer records have come than every page counts, by a total that the pagination does not name.
    pub is_below_total: bool,
    /// Whether the page counts just as many records as have come, and has none itself.
    pub is_all: bool,
    /// Whether as many pages have come as `max_pages` asks for.
    pub is_enough: bool,
    /// `empty_page:` of the query.
    pub empty_page: Option<PagePolicy>,
    /// `same_page:` of the query.
    pub same_page: Option<PagePolicy>,
}

/// How a query goes from page to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// There is no pagination.
    Single,
    /// Each page names the next one: `cursor`, `next_url`, `link_header`.
    Named,
    /// The client counts records: `offset`.
    Offset,
    /// The client counts pages: `page_number`.
    PageNumber,
}

/// How many records a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// They were not counted.
    Unknown,
    /// None.
    None,
    /// None at `select`, where no page had any, while another array of the page has some.
    Elsewhere,
    /// Something else at `select`, where an earlier page had an array.
    NoArray,
    /// At least one.
    Some,
}

/// How a page compares with the earlier pages of its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It is not known to repeat anything.
    New,
    /// It has the records of an earlier page.
    Same,
    /// It was only requested to confirm a total that is reached, and has the records of an earlier page, or is by its own
    /// words another page than the one requested.
    SameOnTrial,
    /// It is by its own words another page than the one requested.
    Misplaced,
    /// Far more records have come than every page counts.
    AboveTotal,
    /// It begins with records that the page before ends with.
    Overlaps,
    /// It is the first page that was requested, and says that there is a page before it.
    StartsLate,
    /// As many pages in a row as `max_empty_pages` allows brought no new records.
    Stuck,
}

/// Whether an answer has a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// It has one.
    Body,
    /// It has none: status 204, or an empty body.
    None,
    /// The server refused the request, with a status that may mean that the page before was the last one.
    Refused,
    /// The same, where the total that is reached may be as much as the server gives, and not all that there is.
    RefusedAtLimit,
}

/// Where the next page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextSignal {
    /// The page does not say, and it cannot be counted.
    Absent,
    /// There is something in its place that cannot be read.
    Unreadable,
    /// At a place that was not read before.
    New,
    /// At a place that was read before.
    ReadBefore,
}

/// What `has_more` and `is_last` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagSignal {
    /// Nothing, or they are not asked.
    Silent,
    /// That there are more pages.
    More,
    /// That this is the last page.
    Last,
    /// One says that there are more, the other that there are none.
    Disagree,
    /// The value is neither yes nor no.
    Unreadable,
}

/// A total, compared with what has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalSignal {
    /// The server does not say.
    Silent,
    /// More has to come.
    Above,
    /// Everything has come.
    Reached,
    /// Everything has come, if the total counts everything, of which there is a doubt.
    Unproven,
    /// It counts something else: it was less than what has come, or it fell by what was read.
    Disproved,
}

/// What else the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherSignal {
    /// Nothing.
    Silent,
    /// A flag such as `has_more` or `isLast` says that this is the last page.
    Last,
    /// A flag, a token, an address or the header `Link` says that there are more pages.
    More,
    /// A total, such as `total` or `X-Total-Count`, is above what has come.
    TotalAbove,
}

/// What a page without records, or with the records of an earlier page, means to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePolicy {
    /// Nothing: the pages go on.
    Follow,
    /// The end. A repeated page is not read.
    End,
    /// An error.
    Error,
}

impl PagePolicy {
    /// The words of the YAML.
    pub(crate) const NAMES: &'static [&'static str] = &["follow", "end", "error"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "follow" => Some(Self::Follow),
            "end" => Some(Self::End),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}
