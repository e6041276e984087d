//! Methods of texts give what node gives, also where a text is long.

use serde_json::Value;

use super::*;

/// A converter that does what its page says, and pages with the answers of node 20; `data/texts_by_node.mjs` writes them.
const SCRIPT: &str = include_str!("data/texts_by_node.js");
const BY_NODE: &str = include_str!("data/texts_by_node.json");

#[test]
fn short_and_long_texts_are_taken_apart_as_in_node() {
    let pages: Vec<Value> = serde_json::from_str(BY_NODE).unwrap();
    with_stack(move || {
        let mut converter = Converter::new(&script(SCRIPT), Default::default(), Default::default()).unwrap();
        for node in &pages {
            let batch = converter.convert(&page(&node.to_string())).unwrap();
            let (rows, answers) = (json_rows(&batch), node["answers"].as_array().unwrap());
            assert_eq!(rows.len(), answers.len());
            let different: Vec<String> = (rows.iter().zip(answers).enumerate())
                .filter(|(_, (row, answer))| **row != format!("{{answer: {answer}}}"))
                .map(|(index, (row, answer))| format!("{index}\n  ours {row}\n  node {answer}"))
                .collect();
            assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
        }
    });
}
