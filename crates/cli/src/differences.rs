//! Differences between tables in words.

use pipeline_authoring::{Difference, Json};

use crate::{numbers, table_view};

/// A value longer than this says no more at a glance.
const MAX_VALUE: usize = 60;

/// One line about it; rows count from 1.
pub(crate) fn sentence(difference: &Difference) -> String {
    match difference {
        Difference::NewColumn { column, now } => format!("new column `{column}`: {now}"),
        Difference::LostColumn { column, before } => {
            format!("no column `{column}` any more (it was {before})")
        }
        Difference::Type { column, before, now } => format!("`{column}` was {before}, is {now}"),
        Difference::NewRows { at, n } => {
            format!("{} more, from row {}", numbers::counted(*n as u64, "row"), at + 1)
        }
        Difference::LostRows { at, n } => {
            format!("{} fewer, from row {}", numbers::counted(*n as u64, "row"), at + 1)
        }
        Difference::Cell { row, column, before, now } => {
            format!("row {}, `{column}`: {} → {}", row + 1, value(before), value(now))
        }
    }
}

fn value(value: &Json) -> String {
    table_view::clip(&value.to_string(), MAX_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_well() {
        let check = |difference: Difference, expected: &str| assert_eq!(sentence(&difference), expected);
        check(Difference::NewRows { at: 4, n: 1 }, "1 row more, from row 5");
        check(Difference::LostRows { at: 0, n: 2 }, "2 rows fewer, from row 1");
        let (before, now) = (Json::Text("Open".into()), Json::Null);
        check(
            Difference::Cell { row: 0, column: "Status".into(), before, now },
            "row 1, `Status`: \"Open\" → null",
        );
    }
}
