//! Paths into a JSON body.

/// A path into a body: dotted (`meta.next`), or a JSON Pointer (`/meta/next`, RFC 6901).
///
/// A dotted path is tried as one key first, so that `@odata.nextLink` means what it says. In an array a step is the
/// number of an item, from 0, or `-1` for the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    written: String,
    /// Ways to walk there; the first one that leads somewhere counts.
    ways: Vec<Vec<String>>,
}

impl Selector {
    /// Reads a path; `None` when a pointer has a `~` that is neither `~0` nor `~1`.
    pub fn parse(text: &str) -> Option<Self> {
        let ways = match text.strip_prefix('/') {
            Some(pointer) => vec![pointer.split('/').map(unescape).collect::<Option<_>>()?],
            None if text.is_empty() => return None,
            None => {
                let steps: Vec<String> = text.split('.').map(str::to_owned).collect();
                let whole = vec![text.to_owned()];
                if steps.len() == 1 { vec![whole] } else { vec![whole, steps] }
            }
        };
        Some(Self { written: text.to_owned(), ways })
    }

    /// As the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    pub(crate) fn ways(&self) -> &[Vec<String>] {
        &self.ways
    }
}

fn unescape(step: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = step.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            _ => c,
        });
    }
    Some(text)
}
