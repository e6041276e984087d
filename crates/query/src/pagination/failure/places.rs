//! The objects of a body in which a server may say that something went wrong. Pure.

use super::{Looked, plain};
use crate::raw::{self, value_at};

/// The paths of those objects deeper than the top.
pub(super) fn within(looked: Looked<'_>) -> Vec<Vec<String>> {
    let mut places = Vec::new();
    if looked.is_xml
        && let Some(root) = root(looked.body)
    {
        places.push(vec![root.clone()]);
        if plain(&root) == "envelope"
            && let Some(body) = member(looked.body, (&root, "body"))
        {
            places.push(vec![root, body]);
        }
    }
    let ways = looked.select.map(|select| select.ways()).unwrap_or_default();
    for way in ways {
        let prefixes = (1..way.len()).map(|length| way[..length].to_vec());
        places.extend(prefixes.filter(|prefix| !places.contains(prefix)).collect::<Vec<_>>());
    }
    places
}

/// The name of the one element that XML has at its top.
fn root(body: &[u8]) -> Option<String> {
    raw::keys(body)?.into_iter().next()
}

/// The member of `root` whose name is `name`, in any case.
fn member(body: &[u8], (root, name): (&str, &str)) -> Option<String> {
    let keys = raw::keys(value_at(body, &[root.to_owned()])?)?;
    keys.into_iter().find(|key| plain(key) == name)
}
