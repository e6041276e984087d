//! Systems without process groups.

use tokio::process::{Child, Command};

#[derive(Debug)]
pub(super) struct Group;

impl Group {
    pub(super) fn prepare(_: &mut Command, _: Option<&std::path::Path>) -> Self {
        Self
    }

    pub(super) fn begun(&mut self, _: &Child) {}

    pub(super) fn end(&mut self) {}
}
