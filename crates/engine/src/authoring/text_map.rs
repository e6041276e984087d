//! Serde for mappings of text to text whose order matters.

use std::fmt;

use indexmap::IndexMap;
use serde::{
    Deserializer, Serializer,
    de::{MapAccess, Visitor},
};

pub(super) fn serialize<S: Serializer>(map: &IndexMap<String, String>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(map)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<IndexMap<String, String>, D::Error> {
    struct Texts;
    impl<'de> Visitor<'de> for Texts {
        type Value = IndexMap<String, String>;

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
    from.deserialize_map(Texts)
}
