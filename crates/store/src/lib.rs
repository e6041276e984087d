//! Objects in S3, Google Cloud Storage and Azure, for callers that block.
//!
//! ```text
//! URL, options, variables ──▶ Store ──▶ list, open (read piece by piece), get, upload, replace, delete
//! ```
//! Credentials and settings come from variables such as `AWS_ACCESS_KEY_ID`, and from options in the YAML; see ADR 0034.
//! A [`Store`] has a runtime of its own and must not be called from asynchronous code, only from threads that may block.
//!
//! ```
//! use std::io::Read;
//! use pipeline_config::Environment;
//! use pipeline_store::Store;
//!
//! let store = Store::open("memory:///data/", &Environment::empty(), &[]).unwrap();
//! store.replace("rows.json", b"[1, 2]".to_vec(), None)?;
//! let mut text = String::new();
//! store.reader("rows.json")?.read_to_string(&mut text)?;
//! assert_eq!(text, "[1, 2]");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ending;
mod error;
mod multipart;
mod options;
mod reader;
mod store;

pub use ending::unless_ended;
pub use error::StoreError;
pub use object_store::{ObjectMeta, UpdateVersion};
pub use options::options;
pub use reader::ObjectReader;
pub use store::{Store, is_url};
