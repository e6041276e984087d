//! Serde for mappings of text to text whose order matters.

use std::{fmt, marker::PhantomData};

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer, Serializer,
    de::{MapAccess, Visitor},
};

pub(super) fn serialize<S: Serializer>(map: &IndexMap<String, String>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(map)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<IndexMap<String, String>, D::Error> {
    from.deserialize_map(Members(PhantomData))
}

/// The members of an object, in their order.
struct Members<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
    type Value = IndexMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object whose values are text")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut map = IndexMap::new();
        while let Some((name, value)) = members.next_entry()? {
            map.insert(name, value);
        }
        Ok(map)
    }
}

/// Serde for pairs of texts of which several may have one name: that name then has a list.
pub(super) mod pairs {
    use std::marker::PhantomData;

    use indexmap::IndexMap;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Members;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Texts {
        One(String),
        Several(Vec<String>),
    }

    pub(in super::super) fn serialize<S: Serializer>(
        pairs: &[(String, String)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map: IndexMap<&str, Vec<String>> = IndexMap::new();
        for (name, value) in pairs {
            map.entry(name).or_default().push(value.clone());
        }
        to.collect_map(map.into_iter().map(|(name, mut values)| match values.len() {
            1 => (name, Texts::One(values.remove(0))),
            _ => (name, Texts::Several(values)),
        }))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<(String, String)>, D::Error> {
        let map: IndexMap<String, Texts> = from.deserialize_map(Members(PhantomData))?;
        let pairs = map.into_iter().flat_map(|(name, texts)| {
            let values = match texts {
                Texts::One(value) => vec![value],
                Texts::Several(values) => values,
            };
            values.into_iter().map(move |value| (name.clone(), value))
        });
        Ok(pairs.collect())
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Kept {
        #[serde(with = "super::pairs")]
        params: Vec<(String, String)>,
    }

    #[test]
    fn a_name_that_comes_several_times_keeps_all_values() {
        let text = r#"{"params":{"b":["1","2"],"a":"x"}}"#;
        let kept: Kept = serde_json::from_str(text).unwrap();
        let pairs = [("b", "1"), ("b", "2"), ("a", "x")];
        assert_eq!(kept.params, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(serde_json::to_string(&kept).unwrap(), text);
    }
}
