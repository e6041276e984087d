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
