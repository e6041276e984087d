//! `kind: none`: one page.

use std::sync::Arc;

use pipeline_config::{Kind, Section};

use super::{
    Facts, PageReport, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Way,
};
use crate::ask::Ask;

pub(crate) const KIND: Kind<PaginationBuild> =
    Kind { name: "none", summary: "One request; the same as no `pagination`.", fields: &[], build };

#[derive(Debug)]
pub(crate) struct SinglePage;

#[expect(clippy::unnecessary_wraps, reason = "every kind has the same build function")]
fn build(_: &Section<'_>, _: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    Some(Arc::new(SinglePage))
}

impl Pagination for SinglePage {
    fn apply(&self, _: &Position, _: &mut Ask) {}

    fn reads_body(&self) -> bool {
        false
    }

    fn has_pages(&self) -> bool {
        false
    }

    fn read(&self, _: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError> {
        Ok(PageReport::new(Way::Single, facts))
    }
}
