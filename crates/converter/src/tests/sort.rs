//! `sort` and `toSorted` compare as V8 does, whatever the comparator says.

use serde_json::Value;

use super::*;

/// A converter that sorts what its page says, and pages with the answers of node 20; `data/sort_by_node.mjs` writes them.
const SCRIPT: &str = include_str!("data/sort_by_node.js");
const BY_NODE: &str = include_str!("data/sort_by_node.json");

/// Order, number of comparisons and exception of each case.
#[test]
fn comparators_are_called_as_node_calls_them() {
    let pages: Vec<Value> = serde_json::from_str(BY_NODE).unwrap();
    with_stack(move || {
        let mut converter = Converter::new(&script(SCRIPT), Default::default(), Default::default()).unwrap();
        for node in &pages {
            let batch = converter.convert(&page(&node.to_string())).unwrap();
            let (cases, answers) = (node["cases"].as_array().unwrap(), node["answers"].as_array().unwrap());
            assert!(cases.len() > 300, "{}", cases.len());
            let different: Vec<String> = (json_rows(&batch).iter().zip(answers).zip(cases))
                .filter(|((row, answer), _)| **row != format!("{{answer: {answer}}}"))
                .map(|((row, answer), case)| format!("{case}\n  ours {row}\n  node {answer}"))
                .collect();
            assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
        }
    });
}
