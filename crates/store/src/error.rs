//! Why an object could not be had, or written.

use std::{io, path::PathBuf};

/// What a store, or the disk that its objects pass through, did not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store refused, or could not be reached.
    #[error("`{target}`: the object store answered with an error")]
    Answer {
        /// The object.
        target: String,
        /// Why; never a credential.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another version of the object is there than the one that was to be replaced.
    #[error("`{target}` was changed by somebody else in the meantime")]
    Conflict {
        /// The object, or the folder that it stands for.
        target: String,
    },
    /// Somebody wanted it to end before the object was there.
    #[error("the upload of `{target}` was given up")]
    Interrupted {
        /// The object.
        target: String,
    },
    /// The store has taken an object, and does not have it as it was sent.
    #[error("the object store has answered that `{target}` is there, and {}: a proxy in front of it may be at fault", has(*sent, *found))]
    NotStored {
        /// The object.
        target: String,
        /// How many bytes it has.
        sent: u64,
        /// How many there are; `None` without such an object.
        found: Option<u64>,
    },
    /// The disk of this machine is full or broken.
    #[error(
        "an object could not be kept in `{path}`, the folder for temporary files; `TMPDIR` names another one"
    )]
    Disk {
        /// The folder for temporary files.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn has(sent: u64, found: Option<u64>) -> String {
    match found {
        Some(found) => format!("it has {found} of {sent} bytes"),
        None => "it is not".to_owned(),
    }
}

/// What is at the bottom of an error, whose every layer repeats the ones below it; of XML, what it says.
pub(crate) fn root_cause(error: &object_store::Error) -> String {
    let mut root: &dyn std::error::Error = error;
    while let Some(inner) = root.source() {
        root = inner;
    }
    let text = root.to_string();
    let between = |start: &str, end: &str| {
        let rest = text.split_once(start)?.1;
        Some(rest.split_once(end)?.0)
    };
    let status = text.split_once(": <").map(|(status, _)| status);
    match (status, between("<Code>", "</Code>"), between("<Message>", "</Message>")) {
        (Some(status), Some(code), Some(message)) => format!("{status}: {code}: {message}"),
        _ => text,
    }
}
