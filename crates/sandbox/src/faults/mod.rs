//! What goes wrong on demand: the rules, when they strike, and what the client then sees.

mod bodies;
mod rules;
mod schedule;
mod strike;

pub use rules::{Fault, FaultBody, FaultRule, FaultTarget, FaultTiming, Faults, RetryAfter, StatusFault};
pub(crate) use schedule::{Endpoint, FaultSchedule};
pub(crate) use strike::{Twist, strike};

#[cfg(test)]
mod tests;
