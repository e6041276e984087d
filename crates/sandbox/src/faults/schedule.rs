//! Counts requests and says which fault strikes.

use super::rules::{Fault, FaultRule, FaultTarget, FaultTiming, Faults};

/// What a request asks for, as far as faults and counters care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    Search,
    Worklog,
    /// Anything else that needs an access token.
    OtherApi,
    /// `/authorize` and what needs no token.
    Open,
    /// `/_sandbox/…`: never counted, never struck.
    Control,
}

/// The rules in force with their tallies.
#[derive(Debug, Default)]
pub(crate) struct FaultSchedule {
    rules: Vec<(FaultRule, Tally)>,
    pub(crate) search_removed: bool,
}

#[derive(Debug, Default)]
struct Tally {
    seen: u64,
    struck: u64,
}

impl Endpoint {
    pub(crate) fn of(path: &str) -> Endpoint {
        match path {
            "/oauth/token" => Endpoint::Token,
            "/me" | "/oauth/token/accessible-resources" => Endpoint::OtherApi,
            _ if path.starts_with("/_sandbox/") => Endpoint::Control,
            _ if path.ends_with("/search") || path.ends_with("/search/jql") => Endpoint::Search,
            _ if path.ends_with("/worklog") => Endpoint::Worklog,
            _ if path.contains("/rest/api/") => Endpoint::OtherApi,
            _ => Endpoint::Open,
        }
    }

    pub(crate) fn is_api(self) -> bool {
        matches!(self, Endpoint::Search | Endpoint::Worklog | Endpoint::OtherApi)
    }

    fn is_on(self, target: FaultTarget) -> bool {
        match target {
            FaultTarget::Any => self != Endpoint::Control,
            FaultTarget::Api => self.is_api(),
            FaultTarget::Token => self == Endpoint::Token,
            FaultTarget::Search => self == Endpoint::Search,
            FaultTarget::Worklog => self == Endpoint::Worklog,
        }
    }
}

impl FaultSchedule {
    pub(crate) fn new(faults: Faults) -> FaultSchedule {
        let rules = faults.rules.into_iter().map(|rule| (rule, Tally::default())).collect();
        FaultSchedule { rules, search_removed: faults.search_removed }
    }

    /// Counts one request and returns what strikes it. Every matching rule counts it; of those due the first
    /// strikes and the others stay due.
    pub(crate) fn next(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let mut fault = None;
        for (rule, tally) in self.rules.iter_mut().filter(|(rule, _)| endpoint.is_on(rule.on)) {
            tally.seen += 1;
            let due = match rule.when {
                FaultTiming::Request(n) => tally.seen >= n && tally.struck < rule.times.unwrap_or(1),
                FaultTiming::Every(n) => {
                    tally.seen.is_multiple_of(n.max(1)) && rule.times.is_none_or(|times| tally.struck < times)
                }
            };
            if due && fault.is_none() {
                tally.struck += 1;
                fault = Some(rule.fault.clone());
            }
        }
        fault
    }
}
