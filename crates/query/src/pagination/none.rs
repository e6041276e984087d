//! `kind: none`.

use std::sync::Arc;

use pipeline_config::{Kind, Section};

use super::{Answer, Next, Pagination, PaginationBuild, PaginationContext, PaginationError, Position, Step};
use crate::{ask::Ask, scan::Scan};

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

    fn next(&self, _: &Position, _: &Answer<'_>, _: &Scan) -> Result<Step, PaginationError> {
        Ok(Step { next: Next::End, n_records: None, total: None })
    }
}
