//! How pages follow each other, and how they end, in words.

use pipeline_config::Kind;

use super::explain::Known;

/// One sentence about a kind of pagination with these values; one that is not known here describes itself.
pub(super) fn sentence<B>(kind: &Kind<B>, known: &Known<'_>) -> String {
    let text = |name: &str| known.text(name).unwrap_or_default();
    let size = match (known.text("size"), known.text("size_param")) {
        (Some(size), Some(param)) => format!(", {size} records each (`{param}`)"),
        (Some(size), None) => format!(", {size} records each"),
        _ => String::new(),
    };
    match kind.name {
        "none" => "one request; there are no further pages".into(),
        "offset" => {
            let end = match known.text("total") {
                Some(total) => format!("when as many records came as `{total}` says"),
                None => "at the first page without records".into(),
            };
            format!("`{}` says how many records to skip{size}; they end {end}", text("param"))
        }
        "page_number" => {
            let end = match known.text("total_pages") {
                Some(total) => format!("with the page that `{total}` says is the last"),
                None => "at the first page without records".into(),
            };
            let first = known.text("first").unwrap_or_else(|| "1".into());
            format!("`{}` counts up from {first}{size}; they end {end}", text("param"))
        }
        "cursor" => {
            let last =
                known.text("is_last").map(|path| format!(" or with `{path}` true")).unwrap_or_default();
            format!(
                "{} of each page is sent as `{}` for the next; they end with the page without it{last}",
                token(known),
                text("param")
            )
        }
        "next_url" => format!(
            "`{}` of each page is the address of the next; they end with the page without it",
            text("next")
        ),
        "link_header" => {
            format!(
                "the header `Link` with rel `{}` is the address of the next; they end with the page without it",
                text("rel")
            )
        }
        _ => kind.summary.trim_end_matches('.').to_owned(),
    }
}

/// Where the token of a cursor stands.
fn token(known: &Known<'_>) -> String {
    let place = match known.text("next_header") {
        Some(header) => format!("the header `{header}`"),
        None => format!("`{}`", known.text("next").unwrap_or_default()),
    };
    match known.text("next_param") {
        Some(param) => format!("the parameter `{param}` of the address in {place}"),
        None => place,
    }
}
