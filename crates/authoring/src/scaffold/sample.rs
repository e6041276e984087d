//! Values that a JSON Schema allows, for examples.

use pipeline_config::{CoreNumber, Node, Value as Yaml};
use serde_json::{Map, Number, Value};

/// Schemas may contain themselves.
const MAX_DEPTH: usize = 6;

/// A description of an API: a tree in which `$ref` leads elsewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Description<'d> {
    root: &'d Node,
}

impl<'d> Description<'d> {
    pub(super) fn new(root: &'d Node) -> Self {
        Self { root }
    }

    pub(super) fn root(&self) -> &'d Node {
        self.root
    }

    /// The node itself, or what its `$ref` names; of a reference that leads nowhere, the reference.
    pub(super) fn follow(&self, node: &'d Node) -> &'d Node {
        let mut node = node;
        // A circle of references is a mistake of the description.
        for _ in 0..16 {
            let Some(path) = node.get("$ref").and_then(text).and_then(|path| path.strip_prefix("#/")) else {
                return node;
            };
            let unescaped = path.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
            let mut found = Some(self.root);
            for step in unescaped {
                found = found.and_then(|node| node.get(&step));
            }
            match found {
                Some(found) => node = found,
                None => return node,
            }
        }
        node
    }

    /// The properties of an object schema, those that it takes from others included.
    pub(super) fn properties(&self, schema: &'d Node) -> Vec<(&'d str, &'d Node)> {
        let mut found = Vec::new();
        self.collect(schema, MAX_DEPTH, &mut found);
        found
    }

    fn collect(&self, schema: &'d Node, depth: usize, found: &mut Vec<(&'d str, &'d Node)>) {
        let schema = self.follow(schema);
        for part in items(schema.get("allOf")) {
            if depth > 0 {
                self.collect(part, depth - 1, found);
            }
        }
        let own = schema.get("properties").map(Node::entries).unwrap_or_default();
        for (name, property) in own {
            found.retain(|(known, _)| *known != name.value);
            found.push((name.value.as_str(), self.follow(property)));
        }
    }

    /// `string`, `array` and so on; of a choice of types the first that is not null.
    pub(super) fn type_of(&self, schema: &'d Node) -> &'d str {
        let named = match schema.get("type") {
            Some(Node { value: Yaml::List(types), .. }) => {
                types.iter().filter_map(text).find(|name| *name != "null")
            }
            named => named.and_then(text),
        };
        named.unwrap_or(match () {
            () if schema.get("properties").is_some() || schema.get("allOf").is_some() => "object",
            () if schema.get("items").is_some() => "array",
            () => "",
        })
    }

    /// One value that the schema allows.
    pub(super) fn sample(&self, schema: &'d Node) -> Value {
        self.sample_within(schema, MAX_DEPTH)
    }

    fn sample_within(&self, schema: &'d Node, depth: usize) -> Value {
        let schema = self.follow(schema);
        let example = schema.get("example").or_else(|| items(schema.get("examples")).first());
        if let Some(example) =
            example.or_else(|| schema.get("default")).or_else(|| items(schema.get("enum")).first())
        {
            return json(example);
        }
        if let Some(first) = ["oneOf", "anyOf"].iter().find_map(|choice| items(schema.get(choice)).first()) {
            return if depth > 0 { self.sample_within(first, depth - 1) } else { Value::Null };
        }
        match self.type_of(schema) {
            _ if depth == 0 => Value::Null,
            "string" => match schema.get("format").and_then(text) {
                Some("date-time") => "2024-03-01T09:30:00Z".into(),
                Some("date") => "2024-03-01".into(),
                Some("uuid") => "00000000-0000-4000-8000-000000000000".into(),
                Some("email") => "ann@example.com".into(),
                Some("uri" | "url") => "https://example.com/".into(),
                _ => "text".into(),
            },
            "integer" => 1.into(),
            "number" => Number::from_f64(1.5).map_or(Value::Null, Value::Number),
            "boolean" => true.into(),
            "array" => schema.get("items").map_or_else(
                || Value::Array(Vec::new()),
                |item| Value::Array(vec![self.sample_within(item, depth - 1)]),
            ),
            "object" => {
                let member = |(name, property): (&str, &'d Node)| {
                    (name.to_owned(), self.sample_within(property, depth - 1))
                };
                Value::Object(self.properties(schema).into_iter().map(member).collect())
            }
            _ => Value::Null,
        }
    }
}

/// The text of a node.
pub(super) fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Yaml::Text(text) => Some(text),
        _ => None,
    }
}

/// The items of a list.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node {
        Some(Node { value: Yaml::List(items), .. }) => items,
        _ => &[],
    }
}

/// A node as JSON.
pub(super) fn json(node: &Node) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Boolean(value) => (*value).into(),
        Yaml::Number(written) => match CoreNumber::read(written) {
            Some(CoreNumber::Unsigned(number)) => number.into(),
            Some(CoreNumber::Signed(number)) => number.into(),
            Some(CoreNumber::Float(number)) if number.is_finite() => number.into(),
            _ => written.clone().into(),
        },
        Yaml::Text(text) => text.clone().into(),
        Yaml::List(items) => items.iter().map(json).collect(),
        Yaml::Map(entries) => {
            let member =
                |(key, node): &(pipeline_config::Spanned<String>, Node)| (key.value.clone(), json(node));
            Value::Object(entries.iter().map(member).collect::<Map<_, _>>())
        }
    }
}
