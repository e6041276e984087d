//! How a converter in another process is spoken to: frames over a pipe each way.
//!
//! ```text
//! parent ──Start──▶ ──Page + body──▶ worker        worker ──Log──▶ … ──Rows + Arrow IPC──▶ parent
//!                                                                     └─Failed
//! ```
//! Each page gets any number of log lines and one answer. A frame is its [`Lengths`], a head in JSON and a body of
//! bytes. The parent believes nothing that a worker says: lengths are bounded and batches are checked.

mod answer;
mod ask;
mod frame;
mod worker;

pub use answer::{Answer, LogLevel};
pub(crate) use ask::is_ask;
pub use ask::{page, start};
pub use frame::{Frame, Lengths, WireError};
pub use worker::serve;
