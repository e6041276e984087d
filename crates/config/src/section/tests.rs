use super::*;
use crate::{Environment, Shape, Style};

const LIMITS: &[Field] = &[
    Field::default("timeout", Shape::Duration, "30s", "How long one request may take."),
    Field::optional("max_response", Shape::ByteSize, "The largest body."),
];
const FIELDS: &[Field] = &[
    Field::required("name", Shape::Text, "What it is called."),
    Field::optional("size", Shape::Integer(1, 1000), "How many."),
    Field::optional("token", Shape::Secret, "The token."),
    Field::optional("fast", Shape::Boolean, "Whether to hurry."),
    Field::optional("mode", Shape::OneOf(&["overwrite", "append"]), "What happens to old rows."),
    Field::optional("url", Shape::Url, "Where."),
    Field::optional("path", Shape::Template, "The path."),
    Field::optional("script", Shape::Verbatim, "Code."),
    Field::optional("params", Shape::Map(&Shape::Template), "Parameters."),
    Field::optional("limits", Shape::Section(LIMITS), "Limits."),
];

fn environment() -> Environment {
    let set = [("PAGE", "50"), ("TOKEN", "hunter2"), ("NAME", "jira"), ("EMPTY", "")];
    Environment::empty().with(set.map(|(name, value)| (name.into(), value.into())))
}

fn read_good(yaml: &str, check: impl FnOnce(&Section<'_>)) {
    let reader = Reader::new(environment());
    let node = reader.parse("good.yaml", yaml).unwrap();
    let section = Section::read(&reader, &node, FIELDS);
    check(&section);
    assert_eq!(reader.n_errors(), 0, "{}", reader.render(Style::Plain));
}

#[test]
fn reads_every_shape() {
    read_good(
        "name: 1.10\nsize: ${PAGE}\ntoken: ${TOKEN}\nfast: true\nmode: append\nurl: https://x.example/${NAME}\npath: /p/${param.id}?n=${PAGE}\nscript: |\n  `${x}`\nlimits: { max_response: 64MiB }\nparams: { maxResults: 100, jql: \"a = ${NAME}\" }\n",
        |section| {
            assert_eq!(section.text("name"), "1.10");
            assert_eq!(section.integer("size"), Some(50));
            assert_eq!(section.secret("token").unwrap().expose(), "hunter2");
            assert!(section.boolean("fast"));
            assert_eq!(section.text("url"), "https://x.example/jira");
            assert_eq!(section.template("path").unwrap().to_source(), "/p/${param.id}?n=50");
            assert_eq!(section.text("script"), "`${x}`\n");
            let limits = section.section("limits", LIMITS).unwrap();
            assert_eq!(limits.duration("timeout"), Some(Duration::from_secs(30)));
            assert_eq!(limits.byte_size("max_response"), Some(64 << 20));
            let params: Vec<_> =
                section.templates("params").into_iter().map(|(k, v)| (k, v.to_source())).collect();
            assert_eq!(params, [("maxResults".into(), "100".into()), ("jql".into(), "a = jira".into())]);
        },
    );
}

#[test]
fn an_empty_variable_is_a_missing_value() {
    read_good("name: a\ntoken: ${EMPTY:-}\nsize: ${NOPE:-}\n", |section| {
        assert_eq!(section.secret("token"), None);
        assert_eq!(section.integer("size"), None);
    });
}

#[test]
fn a_required_value_that_is_empty_is_an_error() {
    const LOGIN: &[Field] =
        &[Field::required("user", Shape::Text, ""), Field::required("password", Shape::Secret, "")];
    for written in ["\"\"", "${NOPE:-}", "${EMPTY:-}", ""] {
        let reader = Reader::new(environment());
        let node = reader.parse("bad.yaml", &format!("user: me\npassword: {written}\n")).unwrap();
        Section::read(&reader, &node, LOGIN);
        assert_eq!(reader.n_errors(), 1, "{written}: {}", reader.render(Style::Plain));
    }
}

#[test]
fn collects_every_mistake_with_its_place() {
    let reader = Reader::new(environment());
    let yaml = "nam: x\nsize: \"5\"\nfast: 5\nmode: apend\nurl: ftp://x\npath: ${param.x\ntoken: abc-literal\nname: ${NAMEE}\nlimits: 5\nsize: 2000\nclient_secrets: s3cr3t\n";
    let node = reader.parse("bad.yaml", yaml).unwrap();
    let section = Section::read(&reader, &node, FIELDS);
    section.section("limits", LIMITS);
    let rendered = reader.render(Style::Plain);
    assert!(!rendered.contains("abc-literal") && !rendered.contains("s3cr3t"), "{rendered}");
    insta::assert_snapshot!(rendered);
}

#[test]
fn says_where_yaml_is_broken() {
    let reader = Reader::new(environment());
    assert!(reader.parse("broken.yaml", "name: x\nsize: [1, 2\nmode: y\n").is_none());
    insta::assert_snapshot!(reader.render(Style::Plain));
}

#[test]
fn unknown_and_missing_kinds_list_what_there_is() {
    let kinds = [
        Kind { name: "cursor", summary: "", fields: FIELDS, build: () },
        Kind { name: "offset", summary: "", fields: FIELDS, build: () },
    ];
    let reader = Reader::new(environment());
    let node = reader
        .parse("kinds.yaml", "a: { kind: cursr }\nb: { size: 1 }\nc: offset\nd: { kind: offset, name: n }\n")
        .unwrap();
    let read = |key| Section::read_kind(&reader, node.get(key).unwrap(), &kinds, "pagination").is_some();
    assert_eq!(["a", "b", "c", "d"].map(read), [false, false, false, true]);
    insta::assert_snapshot!(reader.render(Style::Plain));
}

/// Plain scalars that some reader of YAML takes for something else than text.
const WORDS: [&str; 40] = [
    "NO",
    "no",
    "N",
    "n",
    "Yes",
    "YES",
    "y",
    "Y",
    "on",
    "ON",
    "Off",
    "true",
    "True",
    "TRUE",
    "false",
    "~",
    "null",
    "Null",
    "NULL",
    "1e3",
    "0o7",
    "0777",
    "00123",
    "1_000",
    ".5",
    "5.",
    "12:30",
    "2024-11-29",
    "2024-11-29T10:44:51Z",
    ".inf",
    "-.inf",
    ".NaN",
    "0x10",
    "0b11",
    "+1",
    "-0",
    "1.10",
    "1e400",
    "18446744073709551616",
    "=",
];

const PLACES: &[Field] = &[
    Field::required("name", Shape::Text, ""),
    Field::optional("token", Shape::Secret, ""),
    Field::optional("params", Shape::Map(&Shape::Template), ""),
    Field::optional("list", Shape::List(&Shape::Text), ""),
    Field::optional("pairs", Shape::Map(&Shape::Text), ""),
    Field::optional("anchored", Shape::Map(&Shape::Text), ""),
    Field::optional("tagged", Shape::Text, ""),
];
const WORD_OF_NULL: &[Field] = &[Field::default("on_error", Shape::OneOf(&["fail", "null"]), "fail", "")];

#[test]
fn a_plain_scalar_is_the_text_that_is_written() {
    for word in WORDS {
        let yaml = format!(
            "name: {word}\ntoken: ${{TOKEN}}\nparams: {{ a: {word}, {word}: b, c: '{word}' }}\nlist: [{word}, {word}]\n\
             pairs:\n  a: {word} # a comment\nanchored: {{ a: &word {word}, b: *word }}\ntagged: !!str {word}\n"
        );
        let reader = Reader::new(environment());
        let node =
            reader.parse("words.yaml", &yaml).unwrap_or_else(|| panic!("{}", reader.render(Style::Plain)));
        let section = Section::read(&reader, &node, PLACES);
        let params: Vec<_> =
            section.templates("params").into_iter().map(|(key, value)| (key, value.to_source())).collect();
        let texts: Vec<_> = section.texts("list").into_iter().map(|text| text.value).collect();
        assert_eq!(reader.n_errors(), 0, "{word}: {}", reader.render(Style::Plain));
        assert_eq!(section.text("name"), word);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(params, [pair("a", word), pair(word, "b"), pair("c", word)]);
        assert_eq!(texts, [word, word]);
        assert_eq!(section.pairs("pairs"), [pair("a", word)]);
        assert_eq!(section.pairs("anchored"), [pair("a", word), pair("b", word)]);
        assert_eq!(section.text("tagged"), word);
    }
}

#[test]
fn a_key_that_may_be_left_out_is_left_out_with_null() {
    for nothing in ["", "~", "null", "Null"] {
        let yaml = format!(
            "name: a\ntoken: {nothing}\nsize: {nothing}\npath: {nothing}\nparams: {nothing}\nmode: {nothing}\n"
        );
        read_good(&yaml, |section| {
            assert_eq!((section.optional_text("mode"), section.integer("size")), (None, None));
            assert!(section.node("path").is_none() && section.template("path").is_none());
            assert!(section.templates("params").is_empty());
        });
    }
    let reader = Reader::new(environment());
    let node = reader.parse("words.yaml", "on_error: null").unwrap();
    assert_eq!(Section::read(&reader, &node, WORD_OF_NULL).text("on_error"), "null");
}

#[test]
fn only_true_and_false_are_booleans() {
    for (written, value) in
        [("true", true), ("True", true), ("TRUE", true), ("false", false), ("FALSE", false)]
    {
        read_good(&format!("name: a\nfast: {written}"), |section| assert_eq!(section.boolean("fast"), value));
    }
    for (written, help) in [
        ("yes", "write `true`: in YAML 1.2, `yes` is text"),
        ("Off", "write `false`: in YAML 1.2, `Off` is text"),
        ("n", "write `false`: in YAML 1.2, `n` is text"),
    ] {
        let reader = Reader::new(environment());
        let node = reader.parse("bad.yaml", &format!("name: a\nfast: {written}\nsize: 1_000")).unwrap();
        Section::read(&reader, &node, FIELDS);
        let rendered = reader.render(Style::Plain);
        assert!(rendered.contains(help) && rendered.contains("write `1000`"), "{rendered}");
    }
}

#[test]
fn a_key_is_text() {
    let reader = Reader::new(environment());
    let node = reader.parse("keys.yaml", "1: a\n0x1: b\n1.0: c\n? [a, b]\n: d\n");
    assert!(node.is_none());
    assert!(reader.render(Style::Plain).contains("a key must be text"), "{}", reader.render(Style::Plain));
    let node = reader.parse("keys.yaml", "1: a\n0x1: b\n1.0: c\n<<: { d: e }\n").unwrap();
    let keys: Vec<&str> = node.entries().iter().map(|(key, _)| key.value.as_str()).collect();
    assert_eq!(keys, ["1", "0x1", "1.0", "d"]);
}
