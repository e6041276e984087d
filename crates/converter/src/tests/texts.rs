//! Methods of texts give what node gives, also where a text is long.

use super::*;

/// A converter that does what its page says, and pages with the answers of node 20; `data/texts_by_node.mjs` writes them.
const SCRIPT: &str = include_str!("data/texts_by_node.js");
const BY_NODE: &str = include_str!("data/texts_by_node.json");

#[test]
fn short_and_long_texts_are_taken_apart_as_in_node() {
    assert_answers(SCRIPT, BY_NODE);
}
