//! `sort` and `toSorted` compare as V8 does, whatever the comparator says.

use super::*;

/// A converter that sorts what its page says, and pages with the answers of node 20; `data/sort_by_node.mjs` writes them.
const SCRIPT: &str = include_str!("data/sort_by_node.js");
const BY_NODE: &str = include_str!("data/sort_by_node.json");

/// Order, number of comparisons and exception of each case.
#[test]
fn comparators_are_called_as_node_calls_them() {
    assert_answers(SCRIPT, BY_NODE);
}
