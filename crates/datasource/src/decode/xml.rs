//! XML to JSON.

mod reading;

use serde_json::{Map, Value};

/// Elements inside elements; more is an attack on the stack, not data.
const MAX_DEPTH: usize = 200;

/// What elements and attributes are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// By their names alone.
    Local,
    /// With the prefixes of their namespaces, as they are written.
    Prefixed,
}

/// Two names of one element that are one without their prefixes.
#[derive(Debug)]
struct Alike {
    /// The elements around them.
    path: Vec<String>,
    names: (String, String),
}

/// The root element as the one member of an object.
///
/// An element with attributes or children is an object: attributes as `@name`, children by name, its own text as
/// `#text`. Children of one name become an array, any other element its text, an empty one null. Values stay text. What is at
/// `select` is a list.
///
/// # Errors
/// It is no XML, or two things would be one without their prefixes: attributes anywhere, or elements in what is at `select`.
pub(super) fn to_json(text: &str, (names, select): (Names, Option<&str>)) -> Result<Value, String> {
    let text = super::without_mark(text);
    let read = reading::root(text, names).map_err(|problem| format!("the body is not XML: {problem}"))?;
    let steps = select.map(steps);
    let is_of_record = |alike: &&Alike| steps.as_ref().is_some_and(|steps| alike.is_within(steps));
    let alike = read.alike_attributes.as_ref().or_else(|| read.alike.iter().find(is_of_record));
    if let Some(Alike { path, names }) = alike {
        return Err(same_name(names, path));
    }
    let mut json = Value::Object(Map::from_iter([(read.name, read.value)]));
    if let Some(steps) = steps {
        with_list(&mut json, &steps);
    }
    Ok(json)
}

impl Alike {
    /// Whether the elements stand in one of the records.
    fn is_within(&self, select: &[String]) -> bool {
        let names = select.iter().filter(|step| !step.bytes().all(|byte| byte.is_ascii_digit()));
        let names: Vec<&String> = names.collect();
        names.len() <= self.path.len() && names.into_iter().zip(&self.path).all(|(step, name)| step == name)
    }
}

/// What is wrong where two names differ by their prefixes alone.
fn same_name((one, other): &(String, String), path: &[String]) -> String {
    format!(
        "`{one}` and `{other}` stand in one element `{}`, and are one name without their prefixes: write `xml_prefixed` for `xml`, \
         in `decode` of a query over HTTP or in `format` of files; all names have their prefixes then, in `select` too",
        path.join(".")
    )
}

/// The steps of the path `select`.
fn steps(select: &str) -> Vec<String> {
    match select.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
        None => select.split('.').map(str::to_owned).collect(),
    }
}

/// Makes a list of what is at `select`, where the page has one item or none: an empty one where the element that would have
/// the items has no children.
fn with_list(json: &mut Value, steps: &[String]) {
    let Some((last, way)) = steps.split_last() else { return };
    let mut at = json;
    for step in way {
        match at {
            Value::Object(members) if members.contains_key(step) => at = &mut members[step],
            _ => return,
        }
    }
    let is_own = |name: &String| name.starts_with('@') || name == "#text";
    match at {
        _ if way.is_empty() => {}
        Value::Null => *at = Value::Object(Map::from_iter([(last.clone(), Value::Array(Vec::new()))])),
        Value::Object(members) if members.keys().all(is_own) => {
            members.insert(last.clone(), Value::Array(Vec::new()));
        }
        Value::Object(members) => {
            if let Some(item @ (Value::Object(_) | Value::String(_))) = members.get_mut(last) {
                *item = Value::Array(vec![item.take()]);
            } else if !members.contains_key(last) && members.iter().all(is_beside_items) {
                members.insert(last.clone(), Value::Array(Vec::new()));
            }
        }
        _ => {}
    }
}

/// Whether a member may stand beside items: a value or a link, and no word of an error.
fn is_beside_items((name, value): (&String, &Value)) -> bool {
    const OF_ERRORS: [&str; 4] = ["error", "fault", "exception", "message"];
    let is_own = |(name, _): (&String, &Value)| name.starts_with('@') || name == "#text";
    let lower = name.to_ascii_lowercase();
    let is_plain = |value: &Value| match value {
        Value::Object(members) => members.iter().all(is_own),
        other => !other.is_array(),
    };
    let is_simple = match value {
        Value::Array(values) => lower == "link" && values.iter().all(is_plain),
        value => lower == "author" || is_plain(value),
    };
    is_simple && !OF_ERRORS.iter().any(|word| lower.contains(word))
}

fn add(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        // An element is never an array itself, so an array here is that of its namesakes.
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None => {
            object.insert(name.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(xml: &str) -> Result<Value, String> {
        to_json(xml, (Names::Local, None))
    }

    #[test]
    fn names_that_are_one_without_their_prefixes_are_told_apart_or_refused() {
        let items = [
            "<title>1</title><i:title>2</i:title><ref href='a'/>",
            "<i:title>2</i:title><title>1</title><ref href='a' i:href='b'/>",
            "<title>1</title><ref i:href='b' href='a'/>",
        ];
        let feed = |items: &[&str]| {
            let items: String = items.iter().map(|item| format!("<item>{item}</item>")).collect();
            format!("<rss xmlns:i='u'><channel><link/><i:link n='1'/>{items}</channel></rss>")
        };
        let prefixed = to_json(&feed(&items), (Names::Prefixed, Some("rss.channel.item"))).unwrap();
        let expected = r#"[{"title":"1","i:title":"2","ref":{"@href":"a"}},{"i:title":"2","title":"1","ref":{"@href":"a","@i:href":"b"}},{"title":"1","ref":{"@i:href":"b","@href":"a"}}]"#;
        assert_eq!(prefixed["rss"]["channel"]["item"].to_string(), expected);
        let refused = |items: &[&str], select: Option<&str>, names: &str| {
            let error = to_json(&feed(items), (Names::Local, select)).unwrap_err();
            assert!(error.contains(names) && error.contains("write `xml_prefixed`"), "{error}");
        };
        refused(
            &items[..1],
            Some("rss.channel.item"),
            "`title` and `i:title` stand in one element `rss.channel.item`",
        );
        refused(&["<i:title/><title/>"], Some("/rss/channel/item"), "`i:title` and `title`");
        refused(&["<i:title/><title/>"], Some("rss.channel.item.0"), "`i:title` and `title`");
        refused(&[], Some("rss.channel"), "`link` and `i:link`");
        // A value of an attribute would be lost, whoever reads it.
        refused(&items[1..2], None, "`href` and `i:href` stand in one element `rss.channel.item.ref`");
        refused(&items[2..], None, "`i:href` and `href`");
        // What is beside the records is none of them, and a list for a script.
        let plain = ["<title>1</title>", "<i:title>2</i:title>"];
        assert!(to_json(&feed(&plain), (Names::Local, Some("rss.channel.item"))).is_ok());
        let listed = json(&feed(&items[..1])).unwrap();
        assert_eq!(listed["rss"]["channel"]["item"]["title"].to_string(), r#"["1","2"]"#);
    }

    #[test]
    fn a_document_type_that_only_names_its_definitions_is_passed_over() {
        for kind in ["a", "a PUBLIC \"-//X//DTD [x] 1//EN\" \"http://x/a.dtd\"", "a SYSTEM 'a[1].dtd'"] {
            assert_eq!(
                json(&format!("<?xml version='1.0'?>\n<!DOCTYPE {kind}>\n<a>1</a>")).unwrap()["a"],
                "1",
                "{kind}"
            );
        }
        let check = |xml: &str, expected: &str| assert!(json(xml).unwrap_err().contains(expected), "{xml}");
        check("<!DOCTYPE a SYSTEM 'a.dtd'><a>&x;</a>", "`&x;` is not known");
        check("<!DOCTYPE a SYSTEM 'a.dtd' [<!ATTLIST a b CDATA '1'>]><a/>", "definitions of its own");
        check("<!DOCTYPE a []><a/>", "definitions of its own");
        check("<a><!DOCTYPE a></a>", "within the document");
        check("<a/><!DOCTYPE a>", "within the document");
        check("<!doctype HTML><html/>", "web page");
    }

    #[test]
    fn elements_become_members() {
        let check = |xml: &str, expected: &str| assert_eq!(json(xml).unwrap().to_string(), expected, "{xml}");
        check("<a/>", r#"{"a":null}"#);
        check("<a> x &amp; y<![CDATA[<z>]]></a>", r#"{"a":" x & y<z>"}"#);
        check(
            "<?xml version='1.0'?><list total='2'><i id='1'>x</i><i id='2'/><!-- no --></list>",
            r##"{"list":{"@total":"2","i":[{"@id":"1","#text":"x"},{"@id":"2"}]}}"##,
        );
        check(
            "<f xmlns:d='urn:x'><d:e><d:n>1</d:n><d:n>2</d:n><d:n>3</d:n></d:e>\n</f>",
            r#"{"f":{"e":{"n":["1","2","3"]}}}"#,
        );
    }

    #[test]
    fn items_are_a_list_however_many_there_are() {
        let check = |xml: &str, select: &str, expected: &str| {
            let json = to_json(xml, (Names::Local, Some(select))).unwrap();
            assert_eq!(json.to_string(), expected, "{xml} {select}");
        };
        check("<r><items/></r>", "r.items.item", r#"{"r":{"items":{"item":[]}}}"#);
        check("<items total='0'/>", "/items/item", r#"{"items":{"@total":"0","item":[]}}"#);
        check("<items><item>1</item></items>", "items.item", r#"{"items":{"item":["1"]}}"#);
        check("<items><item>1</item><item/></items>", "items.item", r#"{"items":{"item":["1",null]}}"#);
        // Something else is there.
        check("<items><error>x</error></items>", "items.item", r#"{"items":{"error":"x"}}"#);
        check(
            "<R><IsTruncated>false</IsTruncated><Token n='1'>x</Token></R>",
            "R.i",
            r##"{"R":{"IsTruncated":"false","Token":{"@n":"1","#text":"x"},"i":[]}}"##,
        );
        check("<R><it><id>1</id></it></R>", "R.i", r#"{"R":{"it":{"id":"1"}}}"#);
        check("<R><it>1</it><it>2</it></R>", "R.i", r#"{"R":{"it":["1","2"]}}"#);
        check("<R><ErrorCode>x</ErrorCode></R>", "R.i", r#"{"R":{"ErrorCode":"x"}}"#);
        check("<error/>", "items.item", r#"{"error":null}"#);
        check("<items/>", "items", r#"{"items":null}"#);
    }

    #[test]
    fn what_is_no_xml_is_refused_with_its_place() {
        let check = |xml: &str, expected: &str| {
            let error = json(xml).unwrap_err();
            assert!(error.starts_with("the body is not XML: ") && error.contains(expected), "{xml}: {error}");
        };
        check("<a>\n <b></a>", "at 2:");
        check("<a>\n<b>", "`<b>` is not closed, at 2:4");
        check("", "no element");
        check(" Internal error", "text beside");
        check("<a/><b/>", "second element");
        check("<a/>x", "text beside");
        check("<a>&nbsp;</a>", "`&nbsp;` is not known");
        check("<a>\u{1}</a>", "1:4");
        check("<a>&#1;</a>", "which no XML has");
        check("<a b='&#x1f;'/>", "which no XML has");
        check("<a b='1' b='2'/>", "duplicate");
        check("<a b/>", "at 1:1");
        check("<a b=c/>", "at 1:1");
        check("<d:a/>", "`d` is not declared");
        check("<a><e xmlns:d='u' d:x='1'/><e d:x='1'/></a>", "`d` is not declared");
        check("<1/>", "is no name");
        check("{\"a\": 1}", "text beside");
        check("<a>1 & 2</a>", "at 1:");
    }

    #[test]
    fn texts_and_values_are_normalized_as_the_standard_says() {
        let check = |xml: &str, expected: &str| assert_eq!(json(xml).unwrap().to_string(), expected, "{xml}");
        check("\u{feff}<?xml version='1.0'?>\n<a>1\r\n2\r3</a>\n", r#"{"a":"1\n2\n3"}"#);
        check("<a b='1\n2\t3&#10;&lt;'/>", r#"{"a":{"@b":"1 2 3\n<"}}"#);
        check("<a>&#x41;<!-- x -->&amp;&#66;<?p i?>c</a>", r#"{"a":"A&Bc"}"#);
        check(
            "<x:a xmlns:x='u' xml:lang='en' x:b='1'><b xmlns='v'/></x:a>",
            r#"{"a":{"@lang":"en","@b":"1","b":null}}"#,
        );
    }

    #[test]
    fn attacks_are_refused_or_cost_what_their_length_costs() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;</a>";
        assert!(json(bomb).unwrap_err().contains("not XML"));
        let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
        assert!(json(&deep).unwrap_err().contains("inside each other"));
        // A parser that compares each with all others would take minutes for each of these.
        let many = |before: &str, one: fn(usize) -> String, after: &str| {
            let all: String = (0..30_000).map(one).collect();
            json(&format!("{before}{all}{after}")).unwrap()
        };
        let attributes = many("<a", |n| format!(" x{n}='1'"), "/>");
        assert_eq!(attributes["a"].as_object().unwrap().len(), 30_000);
        many("<a", |n| format!(" xmlns:x{n}='{n}'"), "><x29999:b/></a>");
        many("<a xmlns:p='u'>", |n| format!("<p:b{n} xmlns:q{n}='u' q{n}:c='1'/>"), "</a>");
        many("<a>", |n| format!("<b{n}/>"), "</a>");
    }
}
